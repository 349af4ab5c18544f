"""Photos, Twilio's addresses for them, and people who send them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from PIL import Image
from twilio.request_validator import RequestValidator

from jobs import photos
from tests.channels.whatsapp.edge import Edge, Served
from tests.play import Play

PAYLOADS = Path(__file__).parents[2] / "payloads" / "twilio"
ASHA, RAMESH, IN_CHARGE = "+919800000001", "+919800000002", "+919800000003"
ACCOUNT = "AC000000000000000000000000000000bb"
API = "https://api.twilio.com"
MESSAGE, MEDIA = "MM0000000000000000000000000000003a", "ME000000000000000000000000000000cc"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{MEDIA}"
SECOND = PATH.replace("ME0", "ME1")
CDN = "/ACx/photo.jpg"
MOST = 10 * 1024 * 1024
HTML = b"<!doctype html><html><script>alert(1)</script></html>"


def photo(format_: str = "JPEG", size: tuple[int, int] = (1200, 900), place: bool = False) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    if place:
        exif[0x0112] = 6  # to be turned
        exif.get_ifd(0x8825)[1] = "N"
        exif[0x010F] = "A camera"
    Image.effect_noise(size, 40).convert("RGB").save(out, format_, exif=exif)
    return out.getvalue()


JPEG = photo()


def redirect(to: str) -> Served:
    return Served(307, headers={"Location": to})


@dataclass
class Camera:
    """The small world, in which people send photos."""

    play: Play
    edge: Edge

    def send(self, name: str = "photo", phone: str = ASHA, id_: str = "MM1", place: str = PATH) -> None:
        """Post a recorded webhook, from this phone."""
        raw = (PAYLOADS / f"whatsapp_{name}.txt").read_text("utf-8").strip()
        form = dict(parse_qsl(raw, keep_blank_values=True))
        form |= {"MessageSid": id_, "From": f"whatsapp:{phone}", "MediaUrl0": API + place}
        settings = self.play.settings
        assert settings.twilio is not None
        url = f"{settings.public_url}/whatsapp/twilio"
        signed = RequestValidator(settings.twilio.auth_token).compute_signature(url, form)
        answer = self.play.client.post("/whatsapp/twilio", data=form, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 200

    def said(self, phone: str = ASHA) -> list[str]:
        """Fetch what waits; what then arrives at a phone."""
        photos.take()
        return [words for to, words in self.play.deliver() if to == phone]

    @property
    def row(self) -> tuple[object, ...]:
        rows = self.play.services.database.reader.rows(
            "SELECT state, reason, request_id IS NOT NULL, self_reading_id IS NOT NULL, caption FROM photo"
            " ORDER BY id",
            {},
        )
        return rows[-1]

    def request(self) -> str:
        self.play.text(ASHA, "FAULT")
        self.play.text(ASHA, "2")
        self.play.text(ASHA, "000")
        self.play.deliver()
        return str(self.play.scalar("SELECT max(number) FROM request WHERE kind = 'fault'"))
