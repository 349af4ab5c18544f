"""The demo's settings: made once, kept secret, found by every command."""

from __future__ import annotations

import stat
from pathlib import Path

from core.settings import Settings
from ops.environment import SECRETS, base_url, command_environment, demo_environment, demo_file


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = demo_environment(tmp_path, {})
    again = demo_environment(tmp_path, {})
    assert first["AT_SECRET"] == again["AT_SECRET"]
    assert len({first[name] for name in SECRETS}) == len(SECRETS)
    assert stat.S_IMODE(demo_file(tmp_path).stat().st_mode) == 0o600
    assert Settings.from_env(first).demo


def test_what_is_given_counts_for_this_start_alone(tmp_path: Path) -> None:
    given = demo_environment(tmp_path, {"BIJLI_PORT": "9000", "DATABASE_URL": "postgresql://db/own"})
    assert (given["BIJLI_PORT"], given["DATABASE_URL"]) == ("9000", "postgresql://db/own")
    assert command_environment(tmp_path, {})["BIJLI_PORT"] == "9000"
    assert demo_environment(tmp_path, {})["BIJLI_PORT"] == "8000"


def test_commands_leave_an_operators_own_settings_alone(tmp_path: Path) -> None:
    demo_environment(tmp_path, {})
    own = {"DATABASE_URL": "postgresql://db/own"}
    assert command_environment(tmp_path, own) == own


def test_without_a_demo_nothing_is_added(tmp_path: Path) -> None:
    assert command_environment(tmp_path, {"BIJLI_PORT": "1"}) == {"BIJLI_PORT": "1"}


def test_a_server_on_all_addresses_is_reached_on_this_machine(tmp_path: Path) -> None:
    settings = Settings.from_env(demo_environment(tmp_path, {"BIJLI_HOST": "0.0.0.0"}))
    assert base_url(settings) == "http://127.0.0.1:8000"


def test_photos_of_the_demo_have_a_place_and_a_host_of_their_own(tmp_path: Path) -> None:
    made = demo_environment(tmp_path, {"BIJLI_PORT": "9000"})
    assert made["BIJLI_MEDIA_DIR"] == str(tmp_path / "media")
    assert made["SIMULATED_MEDIA_URL"] == "http://127.0.0.1:9000/phone/twilio"
    bucket = {
        "BIJLI_MEDIA_S3": "s3://photos",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-store",
    }
    assert Settings.from_env(demo_environment(tmp_path, bucket)).media is not None
