"""Smart meters' services over HTTP: one short module each, carried by the jobs."""
