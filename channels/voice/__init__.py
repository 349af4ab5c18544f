"""Calls to the service's number, none of which is ever answered."""
