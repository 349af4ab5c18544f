"""The staff's PIN: proof on USSD and WhatsApp, where no code can be read beside the open question.

Kept as Argon2id over a keyed hash, so that the database alone gives none away (FACTS: OWASP; four digits
are only ten thousand). Five wrong ones in a row lock it; another in-charge lets a new one be set.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import text

from core.alerts import tell_staff
from core.doing import Doing
from core.errors import Refusal
from core.text import Name, Text, say

TRIES = 5
CHANNELS = ("ussd", "whatsapp")
"""Where a PIN is asked; an SMS stays readable on the phone that sent it, so it never carries one."""
UNLOCKERS = ("cluster_in_charge", "state_in_charge")

# The least that OWASP's table allows: 19 MiB, two passes. A worker's memory has to bear it.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

_OF = text("SELECT digest, pending, failures FROM staff_pin WHERE staff_id = :staff FOR UPDATE")
_PROPOSE = text("""
    INSERT INTO staff_pin (staff_id, pending) VALUES (:staff, :digest)
    ON CONFLICT (staff_id) DO UPDATE SET pending = excluded.pending
""")
_SET = text("""
    UPDATE staff_pin SET digest = pending, pending = NULL, failures = 0, set_at = :at WHERE staff_id = :staff
""")
_COUNT = text("UPDATE staff_pin SET failures = :failures WHERE staff_id = :staff")
_FORGET = text("DELETE FROM staff_pin WHERE staff_id = :staff")
IN_CHARGE_OF = """
    EXISTS (SELECT FROM staff_plant AS his JOIN staff_plant AS mine USING (plant_id)
        JOIN staff AS me ON me.id = mine.staff_id
        WHERE his.staff_id = other.id AND me.id = {me} AND me.id <> other.id
        AND me.active AND me.role = ANY({roles}))
"""
"""Whether `me` may open what the `other` has locked: shares a plant, is in charge, and is not the other."""
_OTHER = text(f"""
    SELECT other.phone, other.code FROM staff AS other WHERE other.id = :other AND other.active
    AND {IN_CHARGE_OF.format(me=":me", roles=":roles")}
""")  # noqa: S608 (our own words)
_WHO_CAN = text("""
    SELECT DISTINCT other.phone FROM staff AS other
    JOIN staff_plant AS theirs ON theirs.staff_id = other.id
    JOIN staff_plant AS mine ON mine.plant_id = theirs.plant_id AND mine.staff_id = :staff
    WHERE other.active AND other.phone IS NOT NULL AND other.id <> :staff AND other.role = ANY(:roles)
""")
_CODE = text("SELECT code FROM staff WHERE id = :staff")


def way(doing: Doing) -> str:
    """How this member of staff proves an act here: `code` by SMS, `pin`, or `locked`."""
    if doing.channel not in CHANNELS or doing.caller.staff is None:
        return "code"
    row = doing.session.execute(_OF, {"staff": doing.caller.staff.id}).one_or_none()
    if row is None or row.digest is None:
        return "code"
    return "locked" if row.failures >= TRIES else "pin"


def try_pin(doing: Doing, typed: str) -> str:
    """Try a PIN: `right`, `wrong`, or `locked` once too many were wrong; `no_sms` where none may be typed."""
    if doing.channel not in CHANNELS:
        return "no_sms"
    staff_id = _staff_id(doing)
    row = doing.session.execute(_OF, {"staff": staff_id}).one_or_none()
    if row is None or row.digest is None or row.failures >= TRIES:
        return "locked"
    right = _matches(row.digest, doing, typed)
    failures = 0 if right else row.failures + 1
    if failures != row.failures:
        doing.session.execute(_COUNT, {"staff": staff_id, "failures": failures})
    if failures == TRIES:
        _tell_locked(doing, staff_id)
    return "right" if right else "locked" if failures >= TRIES else "wrong"


def propose(doing: Doing, typed: str) -> str:
    """Keep a new PIN's hash until it has been typed twice."""
    digest = _HASHER.hash(_keyed(doing, typed))
    doing.session.execute(_PROPOSE, {"staff": _staff_id(doing), "digest": digest})
    return "kept"


def settle(doing: Doing, typed: str) -> str:
    """Take the proposed PIN if it was typed the same again: `set`, or `differs`."""
    staff_id = _staff_id(doing)
    row = doing.session.execute(_OF, {"staff": staff_id}).one_or_none()
    if row is None or row.pending is None or not _matches(row.pending, doing, typed):
        return "differs"
    doing.session.execute(_SET, {"staff": staff_id, "at": doing.at})
    doing.audit("pin.set", f"staff:{staff_id}")
    return "set"


def forget(doing: Doing, staff_id: int) -> None:
    """Forget somebody's PIN: until they set a new one they prove what they do with codes."""
    doing.session.execute(_FORGET, {"staff": staff_id})


def unlock(doing: Doing, staff_id: int) -> None:
    """Forget another's PIN, so that they can set a new one; they are told. Refusal for who may not."""
    bind = {"other": staff_id, "me": _staff_id(doing), "roles": list(UNLOCKERS)}
    row = doing.session.execute(_OTHER, bind).one_or_none()
    if row is None:
        raise Refusal(say("pin.not_you"))
    forget(doing, staff_id)
    doing.audit("pin.unlock", f"staff:{staff_id}")
    me = doing.caller.staff
    words = say("alerts.pin_open", name=Name(me.name, me.name_local) if me else "-")
    tell_staff(doing.session, [row.phone], f"pin:{doing.key}", words, doing.settings.default_language)


def in_charge_of(doing: Doing, staff_id: int) -> Sequence[str]:
    """The phones of those who can open what is locked of this member of staff."""
    return doing.session.scalars(_WHO_CAN, {"staff": staff_id, "roles": list(UNLOCKERS)}).all()


def _tell_locked(doing: Doing, staff_id: int) -> None:
    """They hear that their PIN is locked, and so do those who can open it again."""
    me = doing.caller.staff
    name: Name | str = Name(me.name, me.name_local) if me else "-"
    language = doing.settings.default_language
    mine = say("alerts.pin_locked_mine")
    tell_staff(doing.session, [doing.caller.phone], f"pin:{doing.key}", mine, language)
    phones = in_charge_of(doing, staff_id)
    code = doing.session.execute(_CODE, {"staff": staff_id}).scalar_one()
    theirs: Text = say("alerts.pin_locked", name=name, code=code)
    tell_staff(doing.session, phones, f"pin:{doing.key}", theirs, language)
    doing.audit("pin.locked", f"staff:{staff_id}")


def _matches(digest: str, doing: Doing, typed: str) -> bool:
    try:
        return _HASHER.verify(digest, _keyed(doing, typed))
    except VerifyMismatchError:
        return False


def _keyed(doing: Doing, typed: str) -> str:
    """The PIN under the service's own key and its owner: a stolen table can't be searched for it."""
    words = f"pin|{_staff_id(doing)}|{typed}".encode()
    return hmac.new(doing.settings.secret_key.encode(), words, sha256).hexdigest()


def _staff_id(doing: Doing) -> int:
    """Only staff have a PIN; the catalogue lets nobody else in."""
    if doing.caller.staff is None:
        raise Refusal(say("pin.not_you"))
    return doing.caller.staff.id
