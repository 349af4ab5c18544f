"""What we ask. Pure: no clock, no network, no store; see docs/decisions/0001-replay.md."""
