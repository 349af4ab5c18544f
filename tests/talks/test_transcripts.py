"""Every transcript, word for word. Renew them with `make test ARGS=--renew-transcripts`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.play import Play
from tests.talks.chats import missing, write_missing
from tests.talks.transcript import FOLDER, replay, transcripts


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each file; whoever renews them also gets what is told by SMS and not yet on WhatsApp."""
    if "path" in metafunc.fixturenames:
        if metafunc.config.getoption("--renew-transcripts"):
            write_missing()
        names = [str(path.relative_to(FOLDER)) for path in transcripts()]
        metafunc.parametrize("path", transcripts(), ids=names)


def test_transcript(path: Path, play: Play, request: pytest.FixtureRequest) -> None:
    written = path.read_text(encoding="utf-8")
    now = replay(play, written, path.parent.name)
    if request.config.getoption("--renew-transcripts"):
        path.write_text(now, encoding="utf-8")
    else:
        assert now == written


def test_every_channel_and_language_tells_the_same_stories() -> None:
    """A story told in one language only would leave the others unwatched."""
    for channel in ("ussd", "sms", "whatsapp"):
        told = {
            language: {path.name for path in (FOLDER / channel / language).glob("*.txt")}
            for language in ("en", "hi", "hi-Latn")
        }
        assert told["en"]
        assert told["en"] == told["hi"] == told["hi-Latn"]


def test_every_story_told_by_sms_is_told_on_whatsapp() -> None:
    """Whoever writes one by SMS renews the transcripts, which writes the other, and reads both."""
    assert not [str(path.relative_to(FOLDER)) for path in missing()]
