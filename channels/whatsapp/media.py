"""What people send on WhatsApp, fetched from Twilio: from its own hosts only, and no more than is allowed.

The address comes in a signed webhook, and is checked none the less: whoever holds the auth token must not
be able to make us ask our own network, nor to send our password elsewhere.
"""

from __future__ import annotations

import re
import socket
import time
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from channels.http import CONNECT_SECONDS, READ_SECONDS
from core.settings import Twilio

API = "api.twilio.com"
HOSTS = frozenset({API, "mms.twiliocdn.com", "media.twiliocdn.com"})
BUCKET, BUCKET_PATH = "s3-external-1.amazonaws.com", "/media.twiliocdn.com/"
"""Where Twilio keeps the media of accounts that don't ask for a password."""
MOST_HOPS = 3
SECONDS = 30.0
"""For one photo, however slowly it drips."""
CHUNK = 64 * 1024


class WrongPlace(Exception):
    """An address that is none of Twilio's; its words name no more than the host."""


class TooBig(Exception):
    """More bytes than are allowed; no more of them was read."""


class Away(Exception):
    """Nobody answered, or not with a photo; another time they may."""


class Gone(Exception):
    """Twilio has it no more, or not for us."""


def fetch(twilio: Twilio, url: str, most_bytes: int) -> bytes:
    """The bytes behind an address of Twilio's. WrongPlace, TooBig, Gone, or Away."""
    until = time.monotonic() + SECONDS
    for hop in range(MOST_HOPS + 1):
        place = _checked(url, twilio.account_sid, first=hop == 0)
        answer = _ask(twilio, place)
        try:
            if answer.status in (301, 302, 303, 307, 308):
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status in (401, 403, 404, 410):
                raise Gone(f"HTTP {answer.status}")
            if answer.status != 200:
                raise Away(f"HTTP {answer.status}")
            return _read(answer, most_bytes, until)
        finally:
            # What is left of it is not wanted, so the connection can't be used again.
            answer.close()
    raise WrongPlace("too many redirects")


def _checked(url: str, account: str, *, first: bool) -> SplitResult:
    """The parts of an address of Twilio's; the first is always one of our own account at its API."""
    try:
        place = urlsplit(url)
        usual = place.scheme == "https" and place.port in (None, 443) and "@" not in place.netloc
    except ValueError:
        raise WrongPlace("no address") from None
    host = place.hostname or ""
    ours = re.fullmatch(
        rf"/2010-04-01/Accounts/{re.escape(account)}/Messages/[A-Za-z0-9]+/Media/[A-Za-z0-9]+", place.path
    )
    known = host in HOSTS or (
        host == BUCKET and place.path.startswith(BUCKET_PATH) and ".." not in place.path
    )
    if not usual or not known or ((first or host == API) and not (host == API and ours)):
        raise WrongPlace(host[:80])
    return place


def _ask(twilio: Twilio, place: SplitResult) -> urllib3.BaseHTTPResponse:
    """One request; the account's password goes to Twilio's API and nowhere else."""
    host, base = place.hostname or "", twilio.base_url
    headers = urllib3.make_headers(accept_encoding=False, user_agent="bijli-line")
    if host == API:
        headers |= urllib3.make_headers(basic_auth=f"{twilio.account_sid}:{twilio.auth_token}")
    path = place.path + (f"?{place.query}" if place.query else "")
    if base is None:
        _check_public(host)
        base = f"https://{host}"
    try:
        return _pool().request(
            "GET", base.rstrip("/") + path, headers=headers, redirect=False, preload_content=False
        )
    except HTTPError as error:
        raise Away(type(error).__name__) from error


def _check_public(host: str) -> None:
    """That a name leads to the open network. Whoever could bend it in between would lack the certificate."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Away("no such host") from error
    if not all(ip_address(address[4][0]).is_global for address in found):
        raise WrongPlace(host)


def _read(answer: urllib3.BaseHTTPResponse, most_bytes: int, until: float) -> bytes:
    declared = answer.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > most_bytes:
        raise TooBig(declared)
    got = bytearray()
    try:
        for chunk in answer.stream(CHUNK, decode_content=False):
            got += chunk
            if len(got) > most_bytes:
                raise TooBig("more than declared")
            if time.monotonic() > until:
                raise Away("too slow")
    except HTTPError as error:
        raise Away(type(error).__name__) from error
    return bytes(got)


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        retries=False, timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    )
