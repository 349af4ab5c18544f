"""What the doors of the phones on the screen refuse."""


class NotAsked(ValueError):
    """The page sent what no page of ours sends."""
