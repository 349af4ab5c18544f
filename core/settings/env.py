"""Typed look-ups in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from core.errors import SettingError

HERE = ("127.0.0.1", "::1", "localhost")
"""This machine: a stand-in for a provider may answer here without https."""


class Env:
    """Typed look-ups that name the setting in every error."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def text(self, name: str, default: str | None = None) -> str:
        value = self.env.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise SettingError(f"{name} is not set")
        return default

    def optional(self, name: str) -> str | None:
        return self.env.get(name, "").strip() or None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            raise SettingError(f"{name} must be a whole number from {low} to {high}, not {raw!r}")
        return int(raw)

    def secret(self, name: str, shortest: int) -> str:
        value = self.text(name)
        if len(value) < shortest:
            raise SettingError(f"{name} must have at least {shortest} characters")
        return value

    def switch(self, name: str) -> bool:
        """On with `1`, off with `0` or without the setting."""
        return bool(self.number(name, 0, 0, 1))

    def url(self, name: str, *, secure: bool = True) -> str:
        """A web address without a slash at its end; over the open network https alone is `secure`."""
        raw = self.text(name).rstrip("/")
        scheme, host = _scheme_and_host(raw)
        good = scheme == "https" or (scheme == "http" and (not secure or host in HERE))
        if not host or not good:
            shape = "start with https:// and name a host" if secure else "be like http://host:port/path"
            raise SettingError(f"{name} must {shape}")
        return raw

    def optional_url(self, name: str) -> str | None:
        """As `url`; None where it is not set."""
        return self.url(name) if self.optional(name) else None

    def networks(self, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
        """Addresses and networks with commas between them; none where it is not set."""
        given = (part.strip() for part in self.text(name, ",").split(","))
        try:
            return tuple(ip_network(part, strict=False) for part in given if part)
        except ValueError as error:
            raise SettingError(f"{name}: {error}") from error

    def names(self, name: str, default: str, known: tuple[str, ...]) -> tuple[str, ...]:
        chosen = tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())
        for part in chosen:
            if part not in known:
                raise SettingError(f"{name} names {part!r}; known are {', '.join(known)}")
        return chosen

    def any_of(self, *names: str) -> bool:
        return any(self.env.get(name, "").strip() for name in names)


def _scheme_and_host(raw: str) -> tuple[str, str]:
    """Both empty where it is no web address."""
    try:
        parts = urlsplit(raw)
        return (parts.scheme, parts.hostname or "") if parts.port != 0 else ("", "")
    except ValueError:
        return "", ""
