"""What a text costs on a phone network: septets, UTF-16 units, parts (3GPP TS 23.038, TS 23.040)."""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters behind an escape: two septets each, and a part never ends between the two."""

_ALPHABET = _BASIC | _EXTENDED

ROOMS = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Septets or UTF-16 units of a text alone, and of each part when it takes several."""


def is_gsm(text: str) -> bool:
    """Whether every character is in the GSM-7 alphabet; one that isn't moves the whole text to UCS-2."""
    return _ALPHABET.issuperset(text)


def septets(text: str) -> int:
    """Length of a GSM-7 text in septets."""
    if _EXTENDED.isdisjoint(text):
        return len(text)
    return len(text) + sum(1 for c in text if c in _EXTENDED)


def units(text: str) -> int:
    """Length of any text in UTF-16 units, as UCS-2 counts it."""
    return len(text.encode("utf-16-le")) // 2


def parts(text: str) -> int:
    """How many SMS a text takes: 160 septets or 70 units alone, 153 or 67 a part when joined."""
    if is_gsm(text):
        return _split([2 if c in _EXTENDED else 1 for c in text], 160, 153)
    return _split([2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67)


def pieces(text: str) -> list[str]:
    """The words of each part, as many as `parts` counts."""
    plain = is_gsm(text)
    costs = [(2 if c in _EXTENDED else 1) if plain else (2 if ord(c) > 0xFFFF else 1) for c in text]
    alone, joined = ROOMS["GSM-7" if plain else "UCS-2"]
    if sum(costs) <= alone:
        return [text]
    found, used = [""], 0
    for char, cost in zip(text, costs, strict=True):
        if used + cost > joined:
            found.append("")
            used = 0
        found[-1] += char
        used += cost
    return found


def _split(costs: list[int], alone: int, joined: int) -> int:
    """Count parts; a character of cost two moves whole into the next part."""
    if sum(costs) <= alone:
        return 1
    count, used = 1, 0
    for cost in costs:
        if used + cost > joined:
            count, used = count + 1, 0
        used += cost
    return count


def fits_screen(text: str) -> bool:
    """Whether a text fits one USSD screen: 160 septets, or 70 UTF-16 units if not in GSM-7.

    Networks allow up to 182 and 80; the smaller figures leave room for what gateways add.
    """
    return septets(text) <= 160 if is_gsm(text) else units(text) <= 70
