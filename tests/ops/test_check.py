"""`bijli check` and how every command tells its troubles: one line, an exit code, no traceback."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.settings import SMS_GATEWAYS, Settings
from migrations import upgrade
from ops.check import gateway_url
from ops.main import cli
from tests.conftest import SECRET, Servers


@pytest.fixture
def env(servers: Servers, empty_database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of an operator with a new, empty database."""
    return {
        "BIJLI_HOME": str(tmp_path),
        "DATABASE_URL": empty_database_url,
        "REDIS_URL": servers.redis_url,
        "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_PUBLIC_URL": "https://line.example.org",
        "BIJLI_HELPLINE": "1800123456",
        "AT_SECRET": SECRET,
        "KANNEL_URL": "http://127.0.0.1:1/cgi-bin/sendsms",
        "KANNEL_SECRET": SECRET,
        "KANNEL_USERNAME": "bijli",
        "KANNEL_PASSWORD": "ohm",
        "KANNEL_SENDER": "BIJLIN",
    }


def bijli(env: Mapping[str, str], *words: str) -> Result:
    before = dict(os.environ)
    try:
        return CliRunner().invoke(cli, words, env=dict(env))
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_everything_good(env: dict[str, str]) -> None:
    upgrade(env["DATABASE_URL"])
    with socket.create_server(("127.0.0.1", 0)) as kannel:
        port = kannel.getsockname()[1]
        result = bijli(env | {"KANNEL_URL": f"http://127.0.0.1:{port}/cgi-bin/sendsms"}, "check")
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["good", "settings"],
        ["good", "database"],
        ["good", "redis"],
        ["good", "migrations"],
        ["good", "gateway"],
        ["good", "gateway"],
    ]
    assert f"127.0.0.1:{port} answers" in result.stdout


def test_each_trouble_has_its_line(env: dict[str, str]) -> None:
    result = bijli(env, "check")
    assert result.exit_code == 1
    assert "BAD   migrations  at nothing, this version needs" in result.stdout
    assert "BAD   gateway kannel 127.0.0.1:1 does not answer" in result.stdout


def test_razorpay_has_its_line_once_it_is_set(env: dict[str, str]) -> None:
    razorpay = dict.fromkeys(("RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"), SECRET)
    razorpay |= {"RAZORPAY_KEY_ID": "rzp_test_1", "RAZORPAY_BASE_URL": "http://127.0.0.1:1"}
    assert "BAD   payments    127.0.0.1:1 does not answer" in bijli(env | razorpay, "check").stdout
    assert "payments" not in bijli(env, "check").stdout


def test_the_place_of_photos_has_its_line(env: dict[str, str], tmp_path: Path) -> None:
    photos = {"BIJLI_MEDIA_DIR": str(tmp_path / "photos")}
    assert f"good  photos      {tmp_path}/photos, up to 10 MB" in bijli(env | photos, "check").stdout
    said = bijli(env | {"BIJLI_MEDIA_DIR": "/proc/photos"}, "check")
    assert "BAD   photos      no folder /proc/photos" in said.stdout


def test_a_upi_address_has_its_line(env: dict[str, str]) -> None:
    upi = {"UPI_VPA": "bijli@bank", "UPI_NAME": "Bijli Line"}
    assert "good  upi         bijli@bank, no links in SMS" in bijli(env | upi, "check").stdout
    said = bijli(env | upi | {"UPI_VPA": "bijli"}, "check")
    assert said.stdout.startswith("BAD   settings    UPI_VPA must be an address like bijli@bank")


def test_nothing_answers(env: dict[str, str]) -> None:
    nowhere = {
        "DATABASE_URL": "postgresql://u:sesame@127.0.0.1:1/x",
        "REDIS_URL": "redis://:sesame@127.0.0.1:1",
    }
    result = bijli(env | nowhere, "check")
    assert result.exit_code == 1
    marks = [line[:17].split() for line in result.stdout.splitlines()]
    assert marks[1:4] == [["BAD", "database"], ["BAD", "redis"], ["BAD", "migrations"]]
    assert "sesame" not in result.output


def test_a_wrong_setting_ends_the_list(env: dict[str, str]) -> None:
    result = bijli(env | {"BIJLI_PORT": "no"}, "check")
    assert result.exit_code == 1
    assert result.stdout == "BAD   settings    BIJLI_PORT must be a whole number from 1 to 65535, not 'no'\n"


def test_migrate_tells_from_where_to_where(env: dict[str, str]) -> None:
    assert bijli(env, "migrate").stdout.startswith("The database went from nothing to ")
    assert bijli(env, "migrate").stdout.startswith("The database is at ")


NO_DATABASE = {"DATABASE_URL": "postgresql://u:sesame@127.0.0.1:1/x"}
NO_SERVICE = {"BIJLI_PORT": "1"}
TROUBLES = [
    ({"BIJLI_HELPLINE": ""}, ("serve",), "BIJLI_HELPLINE is not set\n"),
    ({"BIJLI_THREADS": "0"}, ("work",), "BIJLI_THREADS must be a whole number from 1 to 64, not '0'\n"),
    (NO_DATABASE, ("migrate",), "the database at DATABASE_URL does not answer: "),
    (NO_SERVICE, ("phone", "+919800000001", "dial"), "no service answers at http://127.0.0.1:1: "),
    (NO_SERVICE, ("phone", "9800000001"), "no service answers at http://127.0.0.1:1: "),
]


@pytest.mark.parametrize(("change", "words", "said"), TROUBLES)
def test_a_trouble_is_one_line_and_exit_code_2(
    env: dict[str, str], change: dict[str, str], words: tuple[str, ...], said: str
) -> None:
    result = bijli(env | change, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"bijli: {said}")
    assert result.stderr.count("\n") == 1
    assert "sesame" not in result.output


def test_loading_without_a_database_is_one_line_too(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "plants.csv").write_text("code\n")
    result = bijli(env | NO_DATABASE, "load", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr.startswith("bijli: the database at DATABASE_URL does not answer: ")
    assert result.stderr.count("\n") == 1


def test_a_number_that_is_none_is_refused(env: dict[str, str]) -> None:
    result = bijli(env, "phone", "12", "dial")
    assert result.exit_code == 2
    assert "12 is no phone number" in result.stderr


@pytest.mark.parametrize("name", [name for name in SMS_GATEWAYS if name != "phone"])
def test_every_gateway_has_a_host_to_reach(env: dict[str, str], name: str) -> None:
    account = {
        "AT_API_KEY": "k",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": SECRET,
        "TWILIO_SENDER": "B",
    }
    url = gateway_url(name, Settings.from_env(env | account | {"BIJLI_SMS_GATEWAYS": name}))
    assert url is not None
    assert url.startswith("http")
