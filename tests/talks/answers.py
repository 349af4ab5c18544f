"""What the walk types where something is to be typed: good answers and bad ones."""

from __future__ import annotations

from core.clock import financial_year, today

CODE = "<code>"
"""Stands for the one-time code that was sent last."""

RECEIPT = f"11{financial_year(today()) % 100:02d}00001"
"""The first receipt of the stage."""

RECEIPT_CODE = "<receipt code>"
"""Stands for the code on it."""

UNKNOWN = "300011"
"""A sound number that no connection has."""

DISPUTED = f"11{financial_year(today()) % 100:02d}00010"
"""The receipt that its customer says no to: the tenth of the first plant."""

_NUMBERS = (["120457", "200027", "200002", UNKNOWN], ["120475", "abc", "-1"])

_AMOUNTS = (["100", "60000"], ["abc", "0.00", "1.234", "200000", "999999999999"])

ANSWERS: dict[str, tuple[list[str], list[str]]] = {
    "pay.number": _NUMBERS,
    "pay.unknown": (["120465"], ["120475"]),
    "pay.elsewhere": (["120465"], ["120475"]),
    "pay.amount_due": _AMOUNTS,
    "pay.amount_clear": _AMOUNTS,
    "pay.amount_ahead": _AMOUNTS,
    "find.what": (["mohan", "मोहन", "120481", "200002", "9800000001", "zzzz"], ["x"]),
    "fault.note": (["1", "Sparks at night"], []),
    "batch.what": (
        [
            "120457 10, 120475 5, 120465 x, 300011 5, 120465 60000",
            "#3 120457 10",
            "#3 120457 10 ",
            "#3 120457 11",
            "#9 120457 11",
        ],
        ["abc", "120457", ", ".join(["120457 1"] * 31)],
    ),
    "readlist.what": (
        [
            "120457 140, 120475 5, 120473 x, 300011 5, 120465 6, 200027 5",
            "120457 99999, 120473 5, 120473 6",
            "#23 120457 5",
            "#23 120457 5 ",
            "#23 120457 6",
        ],
        ["abc", "120457", ", ".join(["120457 1"] * 31)],
    ),
    "later.days": (["5"], ["11", "abc"]),
    "hand.who": (["T4", "zzz"], ["x"]),
    "hand.unknown": (["T4"], ["x"]),
    "hand.amount": (["5", "9999999"], ["abc"]),
    "close.counted": (["000", "1", "70000"], ["abc"]),
    "close.why_short": (["change"], ["1"]),
    "close.why_over": (["change"], ["1"]),
    "settle.receipt": ([DISPUTED, "999999999"], ["12"]),
    "excuse.number": (["120457", "120465"], ["120475", "abc"]),
    "excuse.days": (["7"], ["61", "abc"]),
    "link.number": (["120481", "200002", "120465", "120457", UNKNOWN], ["120475"]),
    "link.unknown": (["120481"], ["120475"]),
    "link.code": (["000000", CODE], ["12"]),
    "link.wrong_code": ([CODE], ["12"]),
    "proof.which": ([RECEIPT, "999999999"], ["12", "abc"]),
    "verify.number": ([RECEIPT], ["12", "abc"]),
    "verify.code": (["00000", RECEIPT_CODE], ["12"]),
    "verify.again": (["00001", RECEIPT_CODE], ["12"]),
    "water.not_then": (["1/1"], ["x"]),
    "read.number": (["120457", "120473", "120481", "120465", "200027", UNKNOWN], ["120475"]),
    "read.unknown": (["120457"], ["120475"]),
    "read.elsewhere": (["120457"], ["120475"]),
    "read.no_meter": (["120457"], ["120475"]),
    "read.kwh": (["140", "5", "99999"], ["abc", "1.2345"]),
    "read.kwh_first": (["10"], ["-1"]),
    "selfread.check": (["1", "140", "5"], ["abc"]),
    "meter.closing": (["5", "150000"], ["abc"]),
    "meter.new_number": (["M-9"], ["abc"]),
    "meter.opening": (["7"], ["abc"]),
    "where.which": ([RECEIPT, "120457", "999999999"], ["12", "abc"]),
    "work.which": (["10006", "10014", "10022"], ["10050", "abc"]),
    "closing.code": (["000000"], ["12"]),
    "closing.wrong": (["000001"], ["12"]),
    "work.unknown": (["10006"], ["10050"]),
    "work.why_reject": (["not ours"], ["1"]),
    "work.why_sendback": (["still dark"], ["1"]),
    "work.why_note": (["new fuse"], ["1"]),
    "leave.days": (["3"], ["99", "abc"]),
    "leave.who": (["T4", "zzz"], ["x"]),
    "leave.unknown": (["T4"], ["x"]),
    "place.where": (["25.1,85.2"], ["1"]),
    "theft.where": (["hook behind the school"], ["1"]),
    "status.why_inactive": (["moved"], ["1"]),
    "status.why_active": (["back"], ["1"]),
    "redeem.code": (["1234567897"], ["12", "1234567890"]),
    "pin.new": (["2580"], ["1234", "12"]),
    "pin.again": (["2581", "2580"], ["12"]),
    "pin.differs": (["2580"], ["1234"]),
    "pin.who": (["T4", "zzz"], ["x"]),
    "block.who": (["T4", "zzz"], ["x"]),
    "pin.unknown": (["T4"], ["x"]),
    "prove.code": (["000000", CODE], ["12"]),
    "prove.pin": (["9999", "2580"], ["12"]),
    "prove.wrong_pin": (["2580"], ["12"]),
    "prove.wrong_code": ([CODE], ["12"]),
    "scheme.code": (["000000", CODE], ["12"]),
    "scheme.wrong_code": ([CODE], ["12"]),
    "broadcast.which": (["RAMPUR", "NOWHERE"], ["?"]),
    "broadcast.unknown": (["RAMPUR"], ["?"]),
    "broadcast.words": (["meeting on Sunday"], ["x", "see www.example.com", "x" * 181]),
    "off.what": (["RAMPUR", "120465", "NOWHERE"], ["120475"]),
    "off.unknown": (["120465"], ["120475"]),
    "off.why": (["3 new pole", "pole"], ["1", "99 pole"]),
    "off.hours": (["3"], ["99", "abc"]),
    "waive.why": (["meter was wrong"], ["1"]),
    "mended.stars": (["5"], ["6"]),
    "mended.how": (["5"], ["6"]),
    "deposit.too_much": (["10"], ["abc"]),
    "deposit.owes_less": (["10"], ["abc"]),
    "deposit.amount": (["100"], ["abc", "0.00"]),
    "deposit.refund_amount": (["10", "9999"], ["abc"]),
    "paylink.how_much": (["250"], ["abc"]),
    "paylink.amount": (["250", "99999"], ["abc", "0.00"]),
    "paylink.between": (["250"], ["abc"]),
    "slip.amount": (["100"], ["abc", "0.00"]),
    "slip.reference": (["AB-1234"], ["x"]),
    "unmatched.which": (["1", "999"], ["abc"]),
    "note.ask": (["when do the new lines come", "the wire hangs low", "so dark again"], ["x"]),
    "note.which": (["107", "115"], ["109", "abc"]),
    "note.unknown": (["107"], ["109"]),
    "note.words": (["tomorrow", "end"], ["x", "see www.example.com", "x" * 181]),
    "water.litres": (["000", "400", "9000"], ["4x", "1.5"]),
    "water.rupees": (["000", "800", "30", "60000"], ["abc", "200000"]),
    "watermeter.litres": (["900", "99999999"], ["abc"]),
    "watermeter.kwh": (["1", "999999", "5"], ["abc"]),
    "new.phone": (["9800000055", "9800000066"], ["98000"]),
    "new.for_name": (["Sita Devi", "Sita Devi RAMPUR"], ["7"]),
    "join.meter": (["1", "M-77"], ["abc"]),
    "new.name": (["Ram Prasad"], ["7", "bakaya"]),
    "new.village": (["Belauri"], ["7"]),
}
"""Good and bad answers for each question that is typed; a question that is not here fails the walk."""
