"""Water: many plants have a treatment unit that sells water and uses the plant's own power.

Nothing has to be set: a plant has one as soon as somebody notes a sale or a reading there. places.py: whose
plants; selling.py: sales for cash; units.py: the unit's two counters; months.py: what a month comes to.
"""
