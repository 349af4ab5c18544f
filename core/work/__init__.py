"""Work that passes through hands: one machine for requests of every kind."""
