"""The same two hops as others write them, to measure ourselves against."""
