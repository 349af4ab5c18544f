"""dlt.csv: the SMS templates an operator has registered (India)."""

from __future__ import annotations

import re

from core import dlt
from core.loading import cells
from core.loading.cells import BadCell
from core.loading.part import Check, Column, Part, changes, unique
from core.settings import LANGUAGES

_KEY = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
_ID = re.compile(r"[0-9]{19}")
_HEADER = re.compile(r"[A-Za-z0-9-]{3,11}")


def _key(raw: str) -> str:
    cell = cells.plain(raw)
    if cell not in dlt.GENERIC and cell not in dlt.outbound():
        raise BadCell(f"{cell[:60]!r} is none of our texts: 'bijli dlt list' names them")
    return cell


def _language(raw: str) -> str:
    cell = cells.plain(raw)
    if cell not in LANGUAGES:
        raise BadCell(f"{cell[:20]!r} is not a language: {', '.join(LANGUAGES)}")
    return cell


def _template_id(raw: str) -> str:
    cell = cells.plain(raw).lstrip("'")
    if not _ID.fullmatch(cell):
        raise BadCell(f"{cell[:40]!r} is not 19 digits: format the column as text")
    return cell


def _header(raw: str) -> str:
    cell = cells.plain(raw)
    if not _HEADER.fullmatch(cell):
        raise BadCell(f"{cell[:40]!r} is not a header such as BIJLIN or VM-BIJLIN-S")
    return cell


def _body(raw: str) -> str:
    """As it is registered, to the letter; only blanks around it are dropped."""
    cell = raw.strip()
    if "\0" in cell:
        raise BadCell("holds a character that no text has")
    wrong = dlt.faults(cell, reason="asked for in its own column")
    if wrong:
        raise BadCell(wrong[0])
    return cell


PART = Part(
    file="dlt.csv",
    table="in_dlt",
    key="template_id",
    columns=(
        Column("key", _key, required=True, also=("message",)),
        Column("language", _language, required=True),
        Column("template_id", _template_id, required=True, also=("template id", "dlt template id")),
        Column("header", _header, required=True, also=("sender id",)),
        Column("body", _body, required=True, also=("template", "content")),
        Column("reason", cells.short_text(200), also=("justification",)),
    ),
    checks=(
        unique("in_dlt", "template_id"),
        Check(
            "reason",
            "{0} has more than two variables: say why",
            f"""
            SELECT line, key FROM in_dlt
            WHERE key NOT IN ('{"', '".join(dlt.GENERIC)}') AND coalesce(reason, '') = ''
            AND (length(body) - length(replace(body, '{dlt.VARIABLE}', ''))) / {len(dlt.VARIABLE)}
                > {dlt.FREELY}
            """,  # noqa: S608 (our own words)
        ),
    ),
    late_checks=(),
    steps=(
        """
        WITH added AS (
            INSERT INTO dlt_template (id, key, language, header, body, reason)
            SELECT template_id, key, language, header, body, nullif(reason, '') FROM in_dlt
            ON CONFLICT (id) DO NOTHING RETURNING id
        )
        INSERT INTO load_new SELECT line FROM in_dlt JOIN added ON added.id = template_id
        """,
        changes(
            "dlt_template",
            {
                "key": "given.key",
                "language": "given.language",
                "header": "given.header",
                "body": "given.body",
                "reason": "nullif(given.reason, '')",
            },
            "in_dlt AS given",
            "dlt_template.id = given.template_id",
        ),
    ),
)
