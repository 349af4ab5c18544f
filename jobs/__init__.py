"""RQ entry points and their schedule: a few lines each around a function of the core."""
