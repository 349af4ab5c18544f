"""Settings: what is missing or wrong is named in one line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.errors import SettingError
from core.settings import Razorpay, Settings, SparkMeter
from core.settings.media import Bucket, Media

SECRET = "s" * 32
GOOD = {
    "DATABASE_URL": "postgresql://bijli@db/bijli",
    "REDIS_URL": "redis://cache:6379/0",
    "BIJLI_SECRET_KEY": SECRET,
    "BIJLI_PUBLIC_URL": "https://line.example.org/",
    "BIJLI_HELPLINE": "1800123456",
    "AT_SECRET": SECRET,
    "KANNEL_URL": "http://smsbox:13013/cgi-bin/sendsms",
    "KANNEL_SECRET": SECRET,
    "KANNEL_USERNAME": "bijli",
    "KANNEL_PASSWORD": "geheim",
    "KANNEL_SENDER": "BIJLIN",
}


def test_production_needs_nothing_more() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.demo is False
    assert settings.public_url == "https://line.example.org"
    assert settings.sms_gateways == ("kannel",)
    assert settings.ussd_gateways == ("africastalking",)
    assert settings.workers == 1


def test_the_demo_needs_no_sms_gateway() -> None:
    env = {name: value for name, value in GOOD.items() if not name.startswith("KANNEL")}
    settings = Settings.from_env(env | {"BIJLI_DEMO": "1", "BIJLI_PUBLIC_URL": ""})
    assert settings.sms_gateways == ("phone",)


def test_a_sparkmeter_site_and_holidays() -> None:
    env = GOOD | {"SPARKMETER_URL": "https://grid.example.org/api/v0/", "SPARKMETER_TOKEN": "token"}
    settings = Settings.from_env(env | {"BIJLI_HOLIDAYS": "2026-11-08, 2026-12-25"})
    assert settings.sparkmeter == SparkMeter("https://grid.example.org", "token", "auto")
    assert settings.holidays == {date(2026, 11, 8), date(2026, 12, 25)}


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "BIJLI_SECRET_KEY", "BIJLI_PUBLIC_URL", "BIJLI_HELPLINE"]
)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} is not set$"):
        Settings.from_env({key: value for key, value in GOOD.items() if key != name})


WRONG = [
    ("DATABASE_URL", "mysql://db/bijli", "DATABASE_URL must start with postgresql://"),
    ("REDIS_URL", "localhost:6379", "REDIS_URL must start with redis://"),
    ("BIJLI_SECRET_KEY", "short", "BIJLI_SECRET_KEY must have at least 32 characters"),
    ("BIJLI_PUBLIC_URL", "http://line.example.org", "BIJLI_PUBLIC_URL must start with https://"),
    ("BIJLI_PORT", "80800", "BIJLI_PORT must be a whole number from 1 to 65535, not '80800'"),
    ("BIJLI_PORT", "८०००", "BIJLI_PORT must be a whole number"),
    ("BIJLI_THREADS", "-1", "BIJLI_THREADS must be a whole number from 1 to 64"),
    ("BIJLI_LANGUAGE", "fr", "BIJLI_LANGUAGE names 'fr'; known are en, hi, hi-Latn"),
    ("BIJLI_SMS_GATEWAYS", "kannel,smoke", "BIJLI_SMS_GATEWAYS names 'smoke'"),
    ("BIJLI_SMS_GATEWAYS", "phone", "BIJLI_SMS_GATEWAYS names 'phone', which exists only with BIJLI_DEMO=1"),
    ("BIJLI_SMS_GATEWAYS", "twilio", "TWILIO_ACCOUNT_SID is not set, but the gateway twilio is in use"),
    ("BIJLI_SMS_GATEWAYS", "africastalking", "AT_API_KEY is not set"),
    ("AT_SECRET", "", "AT_SECRET is not set, but the gateway africastalking is in use"),
    ("AT_SECRET", "guess", "AT_SECRET must have at least 16 characters"),
    ("KANNEL_SENDER", " ", "KANNEL_SENDER is not set"),
    ("SPARKMETER_URL", "https://grid.example.org", "SPARKMETER_TOKEN is not set"),
    ("SPARKMETER_TOKEN", "token", "SPARKMETER_URL is not set"),
    ("SPARKMETER_URL", "http://grid.example.org", "SPARKMETER_URL must start with https://"),
    ("SIMULATED_METERS_URL", "http://127.0.0.1:1", "SIMULATED_METERS_URL is set, but simulated meters"),
    ("SIMULATED_MEDIA_URL", "http://127.0.0.1:1", "SIMULATED_MEDIA_URL is set, but simulated photos"),
    ("RAZORPAY_KEY_ID", "rzp_live_1", "RAZORPAY_KEY_SECRET is not set"),
    ("RAZORPAY_WEBHOOK_SECRET", SECRET, "RAZORPAY_KEY_ID is not set"),
    ("UPI_VPA", "bijli@bank", "UPI_NAME is not set"),
    ("UPI_NAME", "Bijli Line", "UPI_VPA is not set"),
    ("BIJLI_PAY_LINKS", "1", "UPI_VPA is not set, but BIJLI_PAY_LINKS is"),
    ("BIJLI_PHOTO_LINKS", "1", "BIJLI_MEDIA_DIR is not set, but BIJLI_PHOTO_LINKS is"),
    ("BIJLI_HOLIDAYS", "8.11.2026", "BIJLI_HOLIDAYS must be days like 2026-11-08"),
    ("KANNEL_URL", "smsbox:13013", "KANNEL_URL must be like http://host:port/path"),
    ("KANNEL_URL", "http://smsbox:port/", "KANNEL_URL must be like http://host:port/path"),
    ("AT_BASE_URL", "api.example.org", "AT_BASE_URL must start with https:// and name a host"),
    ("BIJLI_PUBLIC_URL", "https://", "BIJLI_PUBLIC_URL must start with https:// and name a host"),
    ("BIJLI_ALLOWED_ADDRESSES", "10.0.0.0/8, gateway", "BIJLI_ALLOWED_ADDRESSES: 'gateway' does not appear"),
    ("BIJLI_RECEIPT_LINKS", "yes", "BIJLI_RECEIPT_LINKS must be a whole number from 0 to 1, not 'yes'"),
    ("BIJLI_METER_RATE", "0", "BIJLI_METER_RATE must be a whole number from 1 to 1000"),
]


BUCKET = {
    "BIJLI_MEDIA_S3": "s3://photos/bijli/",
    "BIJLI_MEDIA_S3_ENDPOINT": "https://store.example",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": SECRET,
}


def test_photos_have_a_folder_or_a_bucket_or_none() -> None:
    assert Settings.from_env(GOOD).media is None
    folder = Settings.from_env(GOOD | {"BIJLI_MEDIA_DIR": "/var/lib/photos", "BIJLI_MEDIA_MB": "4"}).media
    assert folder == Media(Path("/var/lib/photos"), 4 * 1024 * 1024, 90)
    bucket = Settings.from_env(GOOD | BUCKET).media
    assert bucket is not None
    assert bucket.place == Bucket("photos", "bijli", "https://store.example", "us-east-1", "AKID", SECRET)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"BIJLI_MEDIA_DIR": "photos"}, "BIJLI_MEDIA_DIR must be a folder"),
        ({"BIJLI_MEDIA_DIR": "/photos"} | BUCKET, "BIJLI_MEDIA_DIR and BIJLI_MEDIA_S3 are both set"),
        ({"BIJLI_MEDIA_DIR": "/photos", "BIJLI_MEDIA_MB": "0"}, "BIJLI_MEDIA_MB must be a whole number"),
        ({"BIJLI_MEDIA_DIR": "/photos", "BIJLI_MEDIA_DAYS": "x"}, "BIJLI_MEDIA_DAYS must be a whole number"),
        (BUCKET | {"BIJLI_MEDIA_S3": "photos"}, "BIJLI_MEDIA_S3 must be like s3://bucket/photos"),
        (BUCKET | {"BIJLI_MEDIA_S3_ENDPOINT": "http://a.example"}, "BIJLI_MEDIA_S3_ENDPOINT must start with"),
        (BUCKET | {"BIJLI_MEDIA_S3_ENDPOINT": "http://127.0.0.1.a.example"}, "BIJLI_MEDIA_S3_ENDPOINT must"),
        (BUCKET | {"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID is not set"),
        (BUCKET | {"AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY is not set"),
    ],
)
def test_a_wrong_place_for_photos_is_named(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Settings.from_env(GOOD | given)


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_setting_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_env(GOOD | {name: value})
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


RAZORPAY = {
    "RAZORPAY_KEY_ID": "rzp_live_1",
    "RAZORPAY_KEY_SECRET": SECRET,
    "RAZORPAY_WEBHOOK_SECRET": SECRET,
}


def test_razorpay_is_there_once_its_key_is() -> None:
    assert Settings.from_env(GOOD).razorpay is None
    made = Settings.from_env(GOOD | RAZORPAY | {"RAZORPAY_OLD_WEBHOOK_SECRET": SECRET}).razorpay
    assert made == Razorpay("rzp_live_1", SECRET, SECRET, SECRET, None)


WRONG_RAZORPAY = [
    ("RAZORPAY_WEBHOOK_SECRET", "", "RAZORPAY_WEBHOOK_SECRET is not set"),
    ("RAZORPAY_WEBHOOK_SECRET", "guess", "RAZORPAY_WEBHOOK_SECRET must have at least 16 characters"),
    ("RAZORPAY_OLD_WEBHOOK_SECRET", "guess", "RAZORPAY_OLD_WEBHOOK_SECRET must have at least 16 characters"),
    (
        "RAZORPAY_BASE_URL",
        "http://pay.example.org",
        "RAZORPAY_BASE_URL must start with https:// and name a host",
    ),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG_RAZORPAY)
def test_a_wrong_setting_of_razorpay_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingError, match=f"^{words}$"):
        Settings.from_env(GOOD | RAZORPAY | {name: value})


@pytest.mark.parametrize(
    "name",
    ["BIJLI_SECRET_KEY", "AT_SECRET", "KANNEL_SECRET", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"],
)
def test_a_wrong_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_env(GOOD | RAZORPAY | {name: "hunter2"})
    assert "hunter2" not in str(caught.value)
