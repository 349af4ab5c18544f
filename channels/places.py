"""Where each talk stands, in Redis: one trip to read place and caller, one to write the place.

A place is written only if it is still what this hop read (compare and set), so two hops of one
caller never overwrite each other: the later one starts over from what the earlier one left.
Redis may be empty or away at any time; then talks start from the request alone.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Any

import msgspec
import redis
import structlog
from redis import Redis

from channels.wire import Wire
from conversations.replay import Memory
from core.people import Caller
from core.widget import Widget

log = structlog.get_logger(__name__)

CALLER_LIFE = 300
"""Seconds a caller is remembered; changes we make ourselves forget it at once."""
_SAVE = """
local now = redis.call('GET', KEYS[1])
if (now or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""

_FORGET = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""

_SAVE_SHA = sha1(_SAVE.encode(), usedforsecurity=False).hexdigest()


class Place(msgspec.Struct, array_like=True):
    """One talk between two hops.

    `text` names the last input (all USSD inputs so far, or the provider's id of an SMS): the same
    again is a repeat and gets the same page. `over`: nothing more is asked, only pages are left.
    `secret`: what is asked now is a secret; `secrets`: which of the talk's inputs answered one (from 0).
    """

    talk: str
    command: str
    caller: Caller
    memory: Memory
    language: str
    turn: int = 0
    text: str = ""
    pages: list[str] = []
    page: int = 0
    options: int = 0
    whole: bool = False
    over: bool = False
    widgets: list[Widget] = []
    """On WhatsApp, what can be tapped on each of the pages; empty where nothing can."""
    secret: bool = False
    secrets: list[int] = []
    session: str = ""
    """Who goes on with a talk begun in a USSD session, a later one or a text; empty: its own session."""
    offered: str = ""
    """The session that was asked whether it goes on with this one."""
    shift: int = 0
    """How many inputs of the session came before the talk's first (below zero: of an earlier one)."""
    taken_at: int = -1
    """The turn at which another session gave the talk away; below zero: none did."""

    @property
    def door(self) -> str:
        """The one session, or text, that may answer what is asked and do what follows."""
        return self.session or self.talk


_place = msgspec.msgpack.Decoder(Place)
_caller = msgspec.msgpack.Decoder(Caller)
_encode = msgspec.msgpack.Encoder().encode


class Loaded(msgspec.Struct):
    """What Redis knew: the place's bytes as read (empty if none), the place, the caller.

    `away`: Redis did not answer, so that nothing this hop leaves behind will be known to the next.
    `dropped`: for a written message, where the phone's USSD talk stands; `told`: the last of the
    messages whose answer, with the question that is open, is known to be written.
    """

    raw: bytes
    place: Place | None
    caller: Caller | None
    away: bool = False
    dropped_raw: bytes = b""
    dropped: Place | None = None
    told: str = ""


class Places:
    """The store of places and of callers already looked up."""

    def __init__(self, client: Redis, wire: Wire) -> None:
        self._client = client
        self._wire = wire

    def load(self, channel: str, phone: str) -> Loaded:
        """Place and caller in one trip; nothing when Redis is away."""
        keys = [f"bl:p:{channel}:{phone}", f"bl:c:{phone}"]
        if channel != "ussd":
            keys += [f"bl:p:ussd:{phone}", f"bl:t:{channel}:{phone}"]
        answer = self._wire.call("MGET", *keys)
        raw, caller, dropped, told = [*(answer or (None, None)), None, None][:4]
        return Loaded(
            raw or b"",
            _decode(_place, raw),
            _decode(_caller, caller),
            answer is None,
            dropped or b"",
            _decode(_place, dropped),
            (told or b"").decode(),
        )

    def note_told(self, channel: str, phone: str, text: str, life: int) -> None:
        """The question that the message `text` led to is on its way to its reader; a nudge follows."""
        self._wire.tell("SET", f"bl:t:{channel}:{phone}", text, "EX", life, soon=True)

    def save(self, channel: str, phone: str, read: bytes, place: Place, life: int) -> bool:
        """Write the place unless another hop did since it was read; True when Redis is away."""
        words = (1, f"bl:p:{channel}:{phone}", read, _encode(place), life)
        try:
            done = self._wire.call("EVALSHA", _SAVE_SHA, *words)
        except redis.exceptions.NoScriptError:
            done = self._wire.call("EVAL", _SAVE, *words)
        return bool(done != 0)

    def leave(self, channel: str, phone: str, read: bytes, place: Place, life: int) -> None:
        """As `save`, but without waiting: for a talk that is over, where another hop may as well win."""
        self._wire.tell("EVAL", _SAVE, 1, f"bl:p:{channel}:{phone}", read, _encode(place), life)

    def put_back(self, channel: str, phone: str, place: Place, raw: bytes, life: int) -> None:
        """Undo a `save` of `place`: the bytes that stood there before, or none."""
        if raw:
            key = f"bl:p:{channel}:{phone}"
            self._wire.call("EVAL", _SAVE, 1, key, _encode(place), raw, life)
        else:
            self.forget(channel, phone, _encode(place))

    def forget(self, channel: str, phone: str, read: bytes) -> bool:
        """Drop the place, unless another hop has changed it since it was read; then False."""
        return bool(self._wire.call("EVAL", _FORGET, 1, f"bl:p:{channel}:{phone}", read))

    def drop(self, channel: str, phone: str, read: bytes) -> None:
        """As `forget`, without waiting: for a talk whose end is written; a nudge follows."""
        self._wire.tell("EVAL", _FORGET, 1, f"bl:p:{channel}:{phone}", read, soon=True)

    def remember_caller(self, caller: Caller) -> None:
        """Keep a caller for the next hops."""
        self._wire.tell("SET", f"bl:c:{caller.phone}", _encode(caller), "EX", CALLER_LIFE)

    def forget_caller(self, phone: str) -> None:
        """Something about this phone changed: look it up anew next time."""
        self._wire.call("DEL", f"bl:c:{phone}")

    def forget_phone(self, phone: str) -> None:
        """This phone is somebody else's now: its talks end, and who calls is looked up anew."""
        places = [f"bl:p:{channel}:{phone}" for channel in ("ussd", "sms", "whatsapp")]
        self._wire.call("DEL", f"bl:c:{phone}", *places)

    def forget_all_callers(self) -> None:
        """After a load from files anybody may have changed."""
        try:
            for key in self._client.scan_iter("bl:c:*", count=1000):
                self._client.unlink(key)
        except redis.RedisError as error:
            log.warning("redis_away", error=type(error).__name__)


def encode_caller(caller: Caller) -> bytes:
    """A caller as bytes, for the `handled` row that lets a lost talk be rebuilt."""
    return _encode(caller)


def decode_caller(raw: bytes) -> Caller:
    """The caller in a `handled` row."""
    return _caller.decode(raw)


def _decode(decoder: msgspec.msgpack.Decoder[Any], raw: bytes | None) -> Any:
    """The value, or None when there is none or an older version of the service wrote it."""
    if not raw:
        return None
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError:
        return None
