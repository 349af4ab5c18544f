"""The walk by USSD: every role and kind of caller, three languages."""

from __future__ import annotations

import pytest

from tests.conftest import Servers
from tests.talks.walking import CALLERS, STRANGERS, choose_a_language, walk_in_every_language

pytestmark = pytest.mark.long

CHANNEL = "ussd"


@pytest.mark.parametrize("kind", CALLERS)
def test_every_option_in_every_language(servers: Servers, stage: str, kind: str) -> None:
    walk_in_every_language(servers, stage, CHANNEL, kind)


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_caller_without_a_language_chooses_one_and_goes_on_in_it(
    servers: Servers, stage: str, kind: str
) -> None:
    choose_a_language(servers, stage, CHANNEL, kind)
