"""Plain web routes: health, readiness, metrics and the demo's handset."""
