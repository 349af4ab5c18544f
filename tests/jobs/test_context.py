"""What jobs work with: the operator's settings, also in their words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import Settings
from core.text import name_service, render, say
from jobs import context
from tests.conftest import SECRET


@pytest.fixture
def own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process of an operator with a helpline of his own."""
    for name, value in {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_DEMO": "1",
        "AT_SECRET": SECRET,
        "BIJLI_HELPLINE": "1800999777",
    }.items():
        monkeypatch.setenv(name, value)
    context.services.cache_clear()
    yield
    context.services.cache_clear()
    name_service(settings.service_name, settings.helpline)


@pytest.mark.usefixtures("own")
def test_a_text_that_a_job_answers_names_the_operators_helpline() -> None:
    """Else whoever is answered after a crash is told to call a number that is nobody's."""
    context.services()
    assert render(say("help.call", helpline=say("brand.helpline")), "en").endswith("1800999777")
