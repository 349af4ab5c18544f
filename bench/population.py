"""Households for the bench: always the same ones, each with a due nobody else is likely to have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stdnum.iso7064 import mod_11_10

SIZE = 100_000
HOUSEHOLDS_PER_PLANT = 1_000
FIRST_CONNECTION = 200_000
FIRST_PHONE = 9_700_000_000
LANGUAGE = "hi-Latn"
GIVEN_NAMES = ("Sunita", "Ramesh", "Anita", "Mohan", "Geeta", "Suresh", "Kamla", "Rajesh", "Meena", "Dinesh")
FAMILY_NAMES = ("Devi", "Kumar", "Yadav", "Kumari", "Sah", "Paswan", "Mahto", "Singh", "Thakur")


@dataclass(frozen=True, slots=True)
class Household:
    """One customer with one connection and one phone."""

    index: int
    name: str
    connection: str
    phone: str
    due_paise: int

    @property
    def due(self) -> str:
        """The due as every server under test must show it, e.g. 345.50."""
        return f"{self.due_paise // 100}.{self.due_paise % 100:02d}"

    @property
    def plant(self) -> int:
        return self.index // HOUSEHOLDS_PER_PLANT


def household(index: int) -> Household:
    """The household of this index, from 0 up to SIZE."""
    body = str(FIRST_CONNECTION + index)
    given, family = GIVEN_NAMES[index % len(GIVEN_NAMES)], FAMILY_NAMES[index % len(FAMILY_NAMES)]
    return Household(
        index=index,
        name=f"{given} {family}",
        connection=body + mod_11_10.calc_check_digit(body),
        phone=f"+91{FIRST_PHONE + index}",
        # Below Rs 1,000, so that no grouping mark differs; with paise, so that no other number looks like it.
        due_paise=10_050 + (index * 7919 % 900) * 100,
    )


def households(count: int = SIZE) -> Iterator[Household]:
    return (household(index) for index in range(count))
