"""Photos are fetched from Twilio only, and no more of them than is allowed."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from channels.whatsapp import media as fetching
from channels.whatsapp.media import Away, Gone, TooBig, WrongPlace, fetch
from core.settings import Twilio
from tests.channels.whatsapp.camera import (
    ACCOUNT,
    API,
    CDN,
    JPEG,
    MOST,
    PATH,
    redirect,
)
from tests.channels.whatsapp.edge import Edge, Served


@pytest.mark.parametrize("to", [f"https://mms.twiliocdn.com{CDN}", f"https://media.twiliocdn.com{CDN}"])
def test_a_photo_is_fetched_where_twilio_says_it_is(edge: Edge, twilio: Twilio, to: str) -> None:
    edge.answers = {PATH: redirect(to), CDN: Served(200, JPEG)}
    assert fetch(twilio, API + PATH, MOST) == JPEG
    passwords = [("authorization" in headers) for _, _, headers in edge.asked]
    assert passwords == [True, False], "the password is for Twilio's API alone"


def test_a_photo_of_an_account_without_password(edge: Edge, twilio: Twilio) -> None:
    path = "/media.twiliocdn.com/ACx/photo"
    edge.answers = {PATH: redirect(f"https://s3-external-1.amazonaws.com{path}"), path: Served(200, JPEG)}
    assert fetch(twilio, API + PATH, MOST) == JPEG


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example" + PATH,
        "https://api.twilio.com.evil.example" + PATH,
        "https://api.twilio.com@evil.example" + PATH,
        "https://user:pass@api.twilio.com" + PATH,
        "http://api.twilio.com" + PATH,
        "https://api.twilio.com:8443" + PATH,
        "ftp://api.twilio.com" + PATH,
        "file:///etc/passwd",
        "//api.twilio.com" + PATH,
        "https://127.0.0.1" + PATH,
        "https://[::1]" + PATH,
        "https://169.254.169.254/latest/meta-data",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        API + PATH + "/../../../Calls.json",
        f"{API}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "https://mms.twiliocdn.com" + CDN,
        "https://[",
        "",
    ],
)
def test_another_address_is_never_asked(edge: Edge, twilio: Twilio, url: str) -> None:
    with pytest.raises(WrongPlace):
        fetch(twilio, url, MOST)
    assert edge.asked == []


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/photo.jpg",
        "http://mms.twiliocdn.com/photo.jpg",
        "http://127.0.0.1:6379/",
        "https://10.0.0.8/photo.jpg",
        "https://s3-external-1.amazonaws.com/another-bucket/photo.jpg",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../another/photo.jpg",
        f"{API}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        "",
    ],
)
def test_a_redirect_to_another_place_is_not_followed(edge: Edge, twilio: Twilio, to: str) -> None:
    edge.answers = {PATH: redirect(to)}
    with pytest.raises(WrongPlace):
        fetch(twilio, API + PATH, MOST)
    assert {path for _, path, _ in edge.asked} == {PATH}


def test_redirects_come_to_an_end(edge: Edge, twilio: Twilio) -> None:
    edge.answers = {PATH: redirect(API + PATH)}
    with pytest.raises(WrongPlace):
        fetch(twilio, API + PATH, MOST)
    assert len(edge.asked) == fetching.MOST_HOPS + 1


def test_a_host_within_our_own_network_is_none_of_twilios(
    twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(WrongPlace):
        fetch(replace(twilio, base_url=None), API + PATH, MOST)


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False), (MOST, False)])
def test_ten_megabytes_and_no_byte_more(
    edge: Edge, twilio: Twilio, length: bool, more: int, fits: bool
) -> None:
    edge.answers = {PATH: Served(200, bytes(MOST + more), length=length)}
    if fits:
        assert len(fetch(twilio, API + PATH, MOST)) == MOST
    else:
        with pytest.raises(TooBig):
            fetch(twilio, API + PATH, MOST)


@pytest.mark.parametrize(
    ("status", "wrong"), [(401, Gone), (404, Gone), (410, Gone), (429, Away), (500, Away), (503, Away)]
)
def test_what_twilio_says_instead(edge: Edge, twilio: Twilio, status: int, wrong: type[Exception]) -> None:
    edge.answers = {PATH: Served(status)}
    with pytest.raises(wrong):
        fetch(twilio, API + PATH, MOST)


def test_nobody_there(twilio: Twilio) -> None:
    with pytest.raises(Away):
        fetch(replace(twilio, base_url="http://127.0.0.1:9"), API + PATH, MOST)


def test_a_photo_that_drips_is_given_up(edge: Edge, twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", -1.0)
    edge.answers = {PATH: Served(200, JPEG)}
    with pytest.raises(Away):
        fetch(twilio, API + PATH, MOST)
