"""The inbox for people: what no command understands reaches the plant's staff, and their answer the customer.

A phone has one open note at a time; further texts go to it. It is closed after a day of quiet once it was
answered, by the staff's END or by the customer's thanks. What nobody answers goes up.
"""

from __future__ import annotations

from datetime import timedelta

ANSWERERS = ("csa", "cluster_in_charge", "state_in_charge")
"""Who answers, in this order: the first of these that a plant has is told; all of them may."""
WAITS = timedelta(hours=4)
"""How long a note may wait before it goes a step up; people are told by day."""
AGAIN = timedelta(hours=24)
QUIET = timedelta(hours=24)
"""After so long without a word an answered note is closed."""
MOST_AN_HOUR = 10
"""Texts of one phone that are passed on in an hour."""
SHOWN = 180
"""Characters of a text that fit into its message; INBOX shows the whole."""
