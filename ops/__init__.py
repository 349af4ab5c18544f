"""The `bijli` command and the embedded servers of demo and tests."""
