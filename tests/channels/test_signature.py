"""Twilio's signature: its own published example, and its SDK's word against ours, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from channels.form import pairs
from channels.guard import TwilioSignature

# As Twilio's documentation on validating its requests has it.
TOKEN, HOST, PATH = "12345", "https://mycompany.com", "/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
PUBLISHED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
PROXIED = {"Host": "10.0.0.7:8000", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}

app = Flask(__name__)


def holds(
    path: str, form: Sequence[tuple[str, str]], signature: str | None, token: str = TOKEN, host: str = HOST
) -> bool:
    """What we say of a request that came through a proxy."""
    headers = PROXIED | ({} if signature is None else {"X-Twilio-Signature": signature})
    with app.test_request_context(
        path,
        method="POST",
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    ):
        return TwilioSignature(token, host).holds(request, pairs(request.get_data()))


def test_the_published_example() -> None:
    assert holds(PATH, FORM, PUBLISHED)
    assert holds(PATH, FORM[::-1], PUBLISHED)
    assert RequestValidator(TOKEN).compute_signature(HOST + PATH, dict(FORM)) == PUBLISHED


@pytest.mark.parametrize(
    ("path", "form", "signature", "token", "host"),
    [
        (PATH, [*FORM, ("Extra", "")], PUBLISHED, TOKEN, HOST),
        (PATH, FORM[1:], PUBLISHED, TOKEN, HOST),
        (PATH, [("CallSid", "CA1234567890ABCDF"), *FORM[1:]], PUBLISHED, TOKEN, HOST),
        ("/myapp.php?bar=2&foo=1", FORM, PUBLISHED, TOKEN, HOST),
        ("/myapp.php", FORM, PUBLISHED, TOKEN, HOST),
        (PATH, FORM, PUBLISHED, "12346", HOST),
        (PATH, FORM, PUBLISHED, TOKEN, "http://mycompany.com"),
        (PATH, FORM, PUBLISHED.lower(), TOKEN, HOST),
        (PATH, FORM, "", TOKEN, HOST),
        (PATH, FORM, None, TOKEN, HOST),
    ],
)
def test_whatever_differs_is_refused(
    path: str, form: Sequence[tuple[str, str]], signature: str | None, token: str, host: str
) -> None:
    assert not holds(path, form, signature, token, host)


NAMES = st.sampled_from(["Body", "From", "To", "MessageSid", "Media", "Z", "a"])
VALUES = st.one_of(st.just(""), st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12))
FORMS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
PATHS = st.sampled_from(["/whatsapp/twilio", "/whatsapp/twilio/status?row=7", "/sms/twilio?a=&b=1%202&a=2"])


@given(path=PATHS, form=FORMS)
def test_what_the_sdk_signs_we_take(path: str, form: list[tuple[str, str]]) -> None:
    signature = RequestValidator(TOKEN).compute_signature(HOST + path, MultiDict(form))
    assert holds(path, form, signature)


@given(path=PATHS, form=FORMS, other=FORMS, there=PATHS)
def test_what_the_sdk_refuses_we_refuse(
    path: str, form: list[tuple[str, str]], other: list[tuple[str, str]], there: str
) -> None:
    """A signature of something else: both agree on whether it fits, and it does only by chance."""
    validator = RequestValidator(TOKEN)
    signature = validator.compute_signature(HOST + there, MultiDict(other))
    assert holds(path, form, signature) is bool(validator.validate(HOST + path, MultiDict(form), signature))
