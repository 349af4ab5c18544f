"""Lists in a cell: the plants, or packages, that a scheme is for."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading.part import Check


def keep_listed(staged: str, owner: str, table: str, target: str) -> tuple[str, str]:
    """Keep in `table` what the staged rows' list names, and nothing else; an empty list means all."""
    listed = f"""(
        SELECT {staged}.line, owner.id AS scheme_id, {target}.id AS {target}_id
        FROM {staged} JOIN {owner} AS owner ON owner.code = {staged}.scheme
        CROSS JOIN LATERAL unnest({staged}.{target}s) AS given (code)
        JOIN {target} ON {target}.code = given.code
    )"""
    same = f"named.scheme_id = {table}.scheme_id AND named.{target}_id = {table}.{target}_id"
    return (
        f"""
        WITH gone AS (
            DELETE FROM {table} USING {owner} AS owner, {staged}
            WHERE owner.id = {table}.scheme_id AND owner.code = {staged}.scheme
            AND NOT EXISTS (SELECT FROM {listed} AS named WHERE {same})
            RETURNING {staged}.line
        )
        INSERT INTO load_changed SELECT line FROM gone
        """,
        f"""
        WITH made AS (
            INSERT INTO {table} (scheme_id, {target}_id)
            SELECT scheme_id, {target}_id FROM {listed} AS named ON CONFLICT DO NOTHING RETURNING scheme_id
        )
        INSERT INTO load_changed SELECT {staged}.line FROM {staged}
        JOIN {owner} AS owner ON owner.code = {staged}.scheme
        JOIN made ON made.scheme_id = owner.id
        """,
    )


def listed_exist(staged: str, target: str) -> Check:
    """Every code of the list must be known."""
    return Check(
        f"{target}s",
        f"there is no {target} {{0}}",
        f"""
        SELECT line, given.code FROM {staged} CROSS JOIN LATERAL unnest({target}s) AS given (code)
        WHERE NOT EXISTS (SELECT FROM {target} WHERE {target}.code = given.code)
        """,
    )
