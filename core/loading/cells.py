"""One cell as Excel and people write it: text, codes, phones, yes and no, and words from a list.

Every reader takes a cell that is not empty and gives its value, or raises BadCell in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from core.fold import fold, keyword
from core.ids import read_number
from core.phones import read_phone

CLEARED = ""
"""What a single dash means: empty this field. (An empty cell leaves the field as it is.)"""

_EXCEL_ERROR = re.compile(r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)", re.I)
_SHORTENED = re.compile(r"([0-9])(?:\.([0-9]+))?E\+?([0-9]{1,3})", re.I)
_WHOLE_AS_DECIMAL = re.compile(r"([0-9]{10,13})\.0+")
_POINT_ZERO = re.compile(r"\.0+$")
_TEN_DIGITS = re.compile(r"[6-9][0-9]{9}")
_CODE = re.compile(r"[^\s;,:*]{1,40}")
_DAYS = re.compile(r"[0-9]{1,3}")
LOST_DIGITS = "Excel shortened this number and lost digits: format the column as text and type it again"


class BadCell(ValueError):
    """Why a cell can't be taken, in words for whoever keeps the spreadsheet."""


def plain(raw: str) -> str:
    """One line of plain text; `="…"`, which keeps Excel from counting, is taken off."""
    if raw.isascii() and raw.isprintable():
        cell = " ".join(raw.split()) if "  " in raw else raw.strip()
    else:
        cell = fold(raw)
    if cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1].strip()
    if cell.startswith("#") and _EXCEL_ERROR.fullmatch(cell):
        raise BadCell(f"holds Excel's error {cell}")
    return cell


def short_text(longest: int) -> Callable[[str], str]:
    """Text of at most `longest` characters; a dash clears the field."""

    def read(raw: str) -> str:
        cell = plain(raw)
        if len(cell) > longest:
            raise BadCell(f"is longer than {longest} characters")
        return CLEARED if cell == "-" else cell

    return read


def name(raw: str) -> str:
    """What someone or something is called: with at least one letter, at most 80 characters."""
    cell = plain(raw)
    if len(cell) > 80:
        raise BadCell("is longer than 80 characters")
    if not any(c.isalpha() for c in cell):
        raise BadCell(f"{cell!r} is not a name")
    return cell


def hours(raw: str) -> str:
    """Hours of supply as people say them: `24` or `17:00-23:00`."""
    cell = plain(raw)
    if len(cell) > 40 or not any(c.isdigit() for c in cell):
        raise BadCell(f"{cell[:60]!r} are not hours: write 24 or 17:00-23:00")
    return cell


def code(raw: str) -> str:
    """A short code or reference, kept in capitals so that `mjh1` and `MJH1` are the same."""
    cell = plain(raw)
    if not _CODE.fullmatch(cell):
        raise BadCell(f"{cell[:60]!r} is not a code: at most 40 characters, no blanks, none of ; , : *")
    if _SHORTENED.fullmatch(cell):
        raise BadCell(f"{cell!r}: {LOST_DIGITS}")
    return cell.upper()


def codes(raw: str) -> list[str]:
    """Codes with `;` (or a comma) between them; each may be led by what it is, e.g. `plant:MJH1`."""
    read: list[str] = []
    for part in re.split(r"[;,]", plain(raw)):
        kind, colon, rest = part.strip().rpartition(":")
        if rest.strip():
            read.append(kind.strip().lower() + colon + code(rest))
    if not read:
        raise BadCell("names no code")
    return list(dict.fromkeys(read))


def codes_or_all(raw: str) -> list[str]:
    """Codes, or `*` for all."""
    if plain(raw).casefold() in ("*", "all"):
        return ["*"]
    return codes(raw)


def phone(raw: str) -> str:
    """A mobile number in E.164; digits that Excel has thrown away are never guessed."""
    if _TEN_DIGITS.fullmatch(raw):
        return "+91" + raw
    cell = plain(raw)
    if cell == "-":
        return CLEARED
    shortened = _SHORTENED.fullmatch(cell)
    if shortened:
        cell = _unshortened(shortened)
    decimal = _WHOLE_AS_DECIMAL.fullmatch(cell)
    number = read_phone(decimal[1] if decimal else cell)
    if number is None:
        if len(re.findall(r"[0-9]{10}", cell)) > 1:
            raise BadCell(f"{cell[:60]!r} holds several numbers: write one in phone and one in phone2")
        raise BadCell(f"{cell[:60]!r} is not a mobile number of ten digits")
    return number


def _unshortened(match: re.Match[str]) -> str:
    """`9.876543210E+09` still holds every digit; `9.87654E+09` doesn't."""
    digits, exponent = match[1] + (match[2] or ""), int(match[3])
    if len(digits) != exponent + 1:
        raise BadCell(f"{match[0]!r}: {LOST_DIGITS}")
    return digits


def connection_number(raw: str) -> str:
    """A connection number of ours, its check digit proved."""
    cell = plain(raw)
    if _SHORTENED.fullmatch(cell):
        raise BadCell(f"{cell!r}: {LOST_DIGITS}")
    number = read_number(_POINT_ZERO.sub("", cell))
    if number is None:
        raise BadCell(f"{cell[:60]!r} is not one of our numbers: its last digit does not prove the others")
    return number


def one_of(what: str, values: Mapping[str, str | bool]) -> Callable[[str], str | bool]:
    """A word from a list, in any case and spacing; `values` maps each spelling to its meaning."""
    meanings = {_spelling(word): meaning for word, meaning in values.items()}
    shown = ", ".join(values)

    @lru_cache(maxsize=1024)
    def read(raw: str) -> str | bool:
        meaning = meanings.get(_spelling(raw))
        if meaning is None:
            raise BadCell(f"{plain(raw)[:60]!r} is not {what}; known are {shown}")
        return meaning

    return read


def _spelling(raw: str) -> str:
    return re.sub(r"[\s_\-/().]+", "", keyword(raw))


_YES = ("yes", "y", "हाँ", "हां", "haan", "ha", "1", "true", "on")
_NO = ("no", "n", "नहीं", "नही", "nahin", "nahi", "0", "false", "off")
yes_no = one_of("yes or no", dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False))
prepaid = one_of(
    "prepaid or postpaid",
    {"prepaid": True, "postpaid": False, "प्रीपेड": True, "पोस्टपेड": False}
    | dict.fromkeys(_YES, True)
    | dict.fromkeys(_NO, False),
)
language = one_of(
    "a language",
    {
        "en": "en", "english": "en", "अंग्रेज़ी": "en", "hi": "hi", "hindi": "hi", "हिन्दी": "hi", "हिंदी": "hi",
        "hi-Latn": "hi-Latn", "hinglish": "hi-Latn", "hindi roman": "hi-Latn", "roman hindi": "hi-Latn",
        "roman": "hi-Latn", "hindi latin": "hi-Latn",
    },
)  # fmt: skip
staff_role = one_of(
    "a role",
    {
        "operator": "operator", "technician": "technician", "csa": "csa",
        "cluster in-charge": "cluster_in_charge", "state in-charge": "state_in_charge",
        "customer service associate": "csa", "तकनीशियन": "technician", "ऑपरेटर": "operator",
    },
)  # fmt: skip
phone_role = one_of("what a phone may be", {"holder": "holder", "payer": "payer", "viewer": "viewer"})
status = one_of(
    "a status",
    {
        "active": "active", "inactive": "inactive", "disconnected": "disconnected",
        "चालू": "active", "बंद": "inactive", "कटा": "disconnected",
    },
)  # fmt: skip

meter_driver = one_of(
    "a smart meter's provider",
    {"sparkmeter": "sparkmeter", "thundercloud": "sparkmeter", "simulated": "simulated", "-": CLEARED},
)


def meter_id(raw: str) -> str:
    """A provider's own name of a meter, letter for letter; a dash clears it."""
    cell = short_text(80)(raw)
    if " " in cell or "/" in cell:
        raise BadCell(f"{cell!r} is not what a provider calls a meter: no blanks, no /")
    return cell


def days(raw: str) -> int:
    """A few whole days, at most a year."""
    cell = plain(raw)
    if not _DAYS.fullmatch(cell) or int(cell) > 366:
        raise BadCell(f"{cell[:20]!r} is not a number of days from 0 to 366")
    return int(cell)


def features(raw: str) -> str:
    """Switches of an organisation as JSON: `receipts=yes; coupons=no`; a bare name is a yes."""
    read: list[str] = []
    for part in plain(raw).split(";"):
        switch, _, value = part.partition("=")
        switch = switch.strip().lower().replace(" ", "_")
        if not switch:
            continue
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", switch):
            raise BadCell(f"{switch!r} is not the name of a switch")
        read.append(f'"{switch}": {"true" if yes_no(value or "yes") else "false"}')
    return "{" + ", ".join(read) + "}"
