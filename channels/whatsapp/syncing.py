"""Keeping the templates at Twilio in step with our words: made where they are missing, sent for approval."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from channels.twilio import CONTENT_HOST
from channels.whatsapp.contents import CONTENTS, make_content
from core.errors import ProviderError
from core.templates import Standing, Template

LISTED = f"{CONTENT_HOST}/v1/ContentAndApprovals"
PAGE = 500
UNSUBMITTED = "unsubmitted"
AGAIN = frozenset({UNSUBMITTED})
"""Only what was never sent for approval is sent: WhatsApp punishes who asks again with the same words."""


@dataclass(frozen=True, slots=True)
class Synced:
    """How it stands: each template of ours, what was done, and what of ours nothing needs any more."""

    standing: Sequence[tuple[Template, Standing]]
    done: Sequence[str]
    unused: Sequence[str]


def sync(client: Client, wanted: Sequence[Template]) -> Synced:
    """Compare, make what is missing, and ask for its approval. ProviderError where Twilio can't be asked."""
    there = {str(one.get("friendly_name")): one for one in _listed(client)}
    standing: list[tuple[Template, Standing]] = []
    done: list[str] = []
    for template in wanted:
        found = there.get(template.name)
        if found is not None and not says(found, template):
            done.append(f"{template.name} was changed at Twilio: delete it there, it will be made anew")
            continue
        now = _standing(template, found) if found is not None else _made(client, template)
        if now is None:
            done.append(f"{template.name} could not be made")
            continue
        if found is None:
            done.append(f"{template.name} was made")
        if now.state in AGAIN:
            now = _submitted(client, template, now.sid)
            done.append(f"{template.name} was sent for approval: {now.state}")
        standing.append((template, now))
    names = {template.name for template in wanted}
    unused = sorted(
        name for name in there if name.startswith("bijli_") and name not in names and is_text(there[name])
    )
    return Synced(standing, done, unused)


def says(content: Mapping[str, Any], template: Template) -> bool:
    """Whether a content at Twilio has the words of a template."""
    types = content.get("types") or {}
    return bool((types.get("twilio/text") or {}).get("body") == template.body)


def is_text(content: Mapping[str, Any]) -> bool:
    """Whether it is a template rather than the shape of a widget."""
    return "twilio/text" in (content.get("types") or {})


def _made(client: Client, template: Template) -> Standing | None:
    types = {"twilio/text": {"body": template.body}}
    sid = make_content(client, template.name, template.code, types, template.examples)
    return None if sid is None else Standing(template.name, sid, UNSUBMITTED)


def _standing(template: Template, content: Mapping[str, Any]) -> Standing:
    approval = content.get("approval_requests") or {}
    state = str(approval.get("status") or UNSUBMITTED)
    return Standing(template.name, str(content["sid"]), state, approval.get("rejection_reason") or None)


def _submitted(client: Client, template: Template, sid: str) -> Standing:
    asked = {"name": template.name, "category": template.category}
    answer = _ask(client, "POST", f"{CONTENTS}/{sid}/ApprovalRequests/whatsapp", asked)
    return Standing(
        template.name, sid, str(answer.get("status") or "received"), answer.get("rejection_reason") or None
    )


def _listed(client: Client) -> Iterator[Mapping[str, Any]]:
    """Every content of the account with its approval, page by page."""
    address: str | None = f"{LISTED}?PageSize={PAGE}"
    while address:
        answer = _ask(client, "GET", address)
        yield from answer.get("contents") or []
        address = (answer.get("meta") or {}).get("next_page_url")


def _ask(client: Client, method: str, address: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} if body is not None else None
    try:
        answer = client.request(method, address, data=body, headers=headers)
        if answer.ok:
            return dict(json.loads(answer.text))
    except (requests.RequestException, TwilioException, ValueError) as error:
        raise ProviderError(f"Twilio: {method} {address}: {type(error).__name__}") from error
    raise ProviderError(f"Twilio: {method} {address}: HTTP {answer.status_code}")
