"""Typed look-ups in the environment."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import SettingError


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

    def names(self, name: str, default: str, known: tuple[str, ...]) -> tuple[str, ...]:
        chosen = tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())
        for part in chosen:
            if part not in known:
                raise SettingError(f"{name} names {part!r}; known are {', '.join(known)}")
        return chosen

    def any_of(self, *names: str) -> bool:
        return any(self.env.get(name, "").strip() for name in names)
