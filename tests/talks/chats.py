"""Every story told by SMS is told on WhatsApp too; renewing the transcripts writes those that are missing."""

from __future__ import annotations

import re
from pathlib import Path

from tests.talks.transcript import FOLDER

_CROWD = re.compile(r"[0-9]+ (more homes of|of these homes)")


def missing() -> list[Path]:
    """The SMS stories that nobody has told on WhatsApp yet."""
    return [path for path in sorted((FOLDER / "sms").glob("*/*.txt")) if not _on_whatsapp(path).exists()]


def told_on_whatsapp(story: str) -> str:
    """The same steps and the writer's own words, written on WhatsApp instead of texted."""
    lines = [line for line in story.splitlines() if not line.startswith(" ")]
    return "\n".join([_step(line) or _own_words(line) for line in lines]) + "\n"


def _step(line: str) -> str | None:
    """A step as it is done on WhatsApp; None: the line is none."""
    if _CROWD.match(line):
        return line.replace(" text:", " write on WhatsApp:", 1)
    return line.replace(" texts:", " writes on WhatsApp:", 1) if line.startswith(("+", "IN.")) else None


def _own_words(line: str) -> str:
    return re.sub(r"^(The menu|Faults) by SMS|(?<=connection) by SMS", r"\1 on WhatsApp", line)


def _on_whatsapp(path: Path) -> Path:
    return FOLDER / "whatsapp" / path.parent.name / path.name


def write_missing() -> None:
    """Write the steps of the stories that are missing."""
    for path in missing():
        story = path.read_text(encoding="utf-8")
        _on_whatsapp(path).write_text(told_on_whatsapp(story), encoding="utf-8")
