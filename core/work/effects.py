"""What a step brings about beyond its request, by kind: the change that was asked for is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from core.doing import Doing
from core.work import complaints, money, packages, reprogramming, switching
from core.work.machine import Effect
from core.work.rules import Kind, Step

_EFFECTS: Mapping[tuple[Kind, Step], Effect] = {
    (Kind.PACKAGE, Step.APPROVE): reprogramming.begin,
    (Kind.PACKAGE, Step.DONE): packages.carry_out,
    (Kind.STATUS, Step.DONE): complaints.carry_out_status,
    (Kind.REFUND, Step.DONE): money.pay_out,
    (Kind.SETOFF, Step.APPROVE): money.set_off,
    (Kind.WAIVE, Step.APPROVE): money.waive,
    (Kind.SETTLE, Step.APPROVE): money.take_back,
    (Kind.UNSCHEME, Step.APPROVE): money.cancel,
    (Kind.SUPPLY, Step.RESTORE): switching.give_back,
}


def of(step: Step) -> Effect:
    """The effect of a step; nothing for the kinds that have none there."""

    def bring_about(doing: Doing, request: Row[Any]) -> None:
        effect = _EFFECTS.get((Kind(request.kind), step))
        if effect is not None:
            effect(doing, request)

    return bring_about
