"""Make what people type comparable: digits of any script, look-alike characters, stray marks."""

from __future__ import annotations

import re
import unicodedata

# Keyboards for Urdu and Bengali have digits of their own.
_DIGITS = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(0x80, 0x10000)
    if unicodedata.category(chr(code)) == "Nd"
}
_LOOK_ALIKES = {
    ord(a): b for a, b in zip("‘’‚‛“”„–—−…₹", ["'"] * 4 + ['"'] * 3 + ["-"] * 3 + ["...", "Rs "], strict=True)
}
# With the marks of direction that a number copied from a phone's contacts is wrapped in.
_INVISIBLE = dict.fromkeys(
    (0x00AD, 0x061C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)
_NASAL = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")
_NO_SIGN = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
_TABLE = {**_DIGITS, **_LOOK_ALIKES, **_INVISIBLE}


def fold(raw: str) -> str:
    """One line of plain text: NFC, ASCII digits, no control or invisible characters, single spaces.

    NFKC turns full-width letters and digits into plain ones; NUL and other controls become spaces,
    because PostgreSQL refuses NUL and a person can't see them.
    """
    if raw.isascii() and raw.isprintable():  # nearly all that is typed by hand
        return " ".join(raw.split())
    text = unicodedata.normalize("NFKC", raw.translate(_TABLE))
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _NO_SIGN else c for c in text)
    return " ".join(text.split())


def keyword(raw: str) -> str:
    """A word as the catalogue compares it: folded, lower case, no punctuation around it, no nukta.

    The nukta (the dot below) is left out by most people who type Hindi, the candrabindu is written as
    anusvara (हाँ, हां), and so is the nasal before a consonant of its own row (बन्द, बंद).
    """
    text = fold(raw).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFD", text).replace("\u093c", "").replace("\u0901", "\u0902")
        text = unicodedata.normalize("NFC", _NASAL.sub("\u0902", text))
    return text.strip(".,;:!?।*#\"'()[]")
