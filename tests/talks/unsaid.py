"""Words that no talk of the walk says, each with the place where it is said."""

from __future__ import annotations

from core.statements import DEPOSIT_KINDS, KINDS
from core.stuck import CAUSES
from core.work.rules import STAGES

SAID_BY_DOORS = {
    "link.done_in_chat",
    "nav.again",
    "nav.busy",
    "nav.customer_only",
    "nav.empty",
    "nav.no_more",
    "unclear.no_more",
    "nav.not_understood",
    "nav.not_understood_staff",
    "nav.not_understood_stranger",
    "nav.staff_only",
    "nav.too_long",
    "nav.choose",
    "nav.more_button",
    "nav.old_button",
    "unclear.tap",
}
"""What the channels say where no talk begins; the transcripts and the bad inputs show them."""

IN_DOCS = {"menu.menu", "menu.resume", "menu.stop", "menu.thanks"}

TO_MOVE = {"nav.more", "nav.more_sms", "nav.back", "nav.changed"}

OUTBOUND = (
    "alerts.", "bill.told_", "call.", "carry.", "bill.taken_back", "bill.note", "bill.part", "latefee.",
    "code.", "receipt.", "reversal.", "fault.alarm", "page.", "sheet.", "photo.", "mode.",
    "remind.", "work.told_", "work.yours", "work.back", "work.raised", "work.waits", "work.with",
    "work.our_people", "leave.yours",
    "off.act", "off.alarm", "off.back_alarm", "off.still",
    "work.reached_", "progress.asked", "progress.unplaced",
    "supply.", "meters.action.", "flags.short", "note.came", "note.answer", "note.goes_up",
    "supply.", "meters.action.", "flags.short", "scheme.told_",
    "selfread.told_",
    "work.kind_", "work.role_", "work.to_", "work.pay_out",
)  # fmt: skip
"""Messages to somebody else, and papers; test_budgets.py and test_receipts.py render each."""

NEVER_BILLED = {"bill.none", "year.none"}
"""Every connection of the stage has a bill; tests/core ask for one that has none."""

OF_SWITCHED = {
    *(f"bill.unserved{how}" for how in ("", "_rest", "_left")),
    "batch.closed",
    "pay.confirm_closed",
}
"""Nobody of the stage is off or closed: tests/core/billing/test_unserved.py, tests/core/test_closed.py."""

REFUSED_LATE = {
    "pay.staff_only",
    "pay.not_yours",
    "undo.too_late",
    "close.moved",
    "deny.known",
    "deny.not_open",
    "got.gone",
    "got.over",
    "hand.open",
    *(f"note.{how}" for how in ("answered", "enough", "nobody", "over", "unreachable")),
    "later.changed",
    "later.not_yours",
    "later.twice",
    "prove.too_many",
    "undo.paid_back",
    "work.above",
    "work.amount_changed",
    "work.first_yours",
    "work.held",
    "work.second_by",
    "work.none",
    "work.none_yours",
    "work.not_theirs",
    "work.overtaken",
    "work.own",
    "work.too_late",
}
"""Refusals of the core that a talk meets only when something changes between two of its steps."""

OF_OTHER_RECEIPTS = {"proof.cancelled", "proof.link", "verify.cancelled", "verify.too_many", "verify.wrong"}
"""What the stage has no receipt or setting for; tests/core/test_receipts.py says them."""

OF_OTHER_WAYS = {
    *(f"where.{how}" for how in ("cancelled", "failed", "sent", "told", "untold")),
    *(
        f"where.{how}"
        for how in ("arrived", "link_asked", "link_open", "link_over", "kept", "list", "refunded")
    ),
}
"""The stage's messages all wait; tests/core/test_whereabouts.py says what else becomes of them."""

OF_OTHER_PROMISES = {"card.promised", "later.nothing"}
"""Everybody on the stage owes something, and staff look before anybody promises; transcripts show these."""

PAID_ONLINE = {
    *(f"paylink.{how}" for how in ("coming", "failed", "how_much", "message", "not_yours", "rupees")),
    *(f"paylink.{how}" for how in ("thanks", "too_many")),
    *(f"refund.{how}" for how in ("due", "clear", "ahead")),
    *(f"sendlink.{how}" for how in ("coming", "no_phone", "sent_today")),
    *(
        f"payupi.{how}"
        for how in ("after", "by_hand", "coming", "gone", "head", "message", "nothing", "open")
    ),
    *(f"payupi.{how}" for how in ("page", "scan", "thanks", "to")),
    "slip.known",
    *(f"unmatched.{how}" for how in ("head", "row", "guess", "confirm", "done", "not_you")),
}
"""The stage has no Razorpay and no UPI; tests/channels plays with both."""

ON_WHATSAPP = {"place.none", "stop.by_sms", "stop.leave_whatsapp", "work.past_photo"} | {
    f"work.photos_{way}" for way in ("gone", "here", "sent", "there")
}
"""What the stage gives no reason for; stop.txt, place.txt and tests/channels/whatsapp show these."""

OF_DEPOSITS = {
    *(
        f"deposit.{how}"
        for how in ("amount_more", "no_cash", "nothing", "owes", "owes_less", "refunded", "used")
    ),
    *(f"deposit.{how}" for how in ("kept", "setoff_clear", "setoff_due", "taken", "too_much")),
    *(f"cash.{how}" for how in ("full", "hand_over", "limit")),
    *(f"statement.kind.{kind}" for kind in (*KINDS, *DEPOSIT_KINDS)),
    *(f"statement.{how}" for how in ("none", "row_ahead", "row_clear", "undone")),
    *(f"totals.{how}" for how in ("month", "none_then", "row_month", "which")),
    *(f"receivable.{how}" for how in ("none", "which")),
    "deposit.act",
    "deposit.act_setoff",
    "proof.deposit",
    "unclear.plant",
    # The refunds of the walk use up the in-charge's codes of the hour; work.txt rejects with one.
    "work.did_reject",
    "work.past_reject",
}
"""Said to a line that says more, or of what the stage's deposits don't come to: transcripts show these."""

STUCK = {"stuck.head", "stuck.none", "stuck.row", *(f"stuck.what.{cause}" for cause in CAUSES)}
"""Whether the stage is five minutes old is left to the machine; tests/channels/test_stuck.py says these."""

OF_LATE_FEES = {"owed.fee", "waive.act", "waive.done"}
"""The stage's newest fee is only announced, and the refunds use up the codes: late_fees.txt shows these."""

ENDED_EARLIER = {
    "got.act",
    "got.taken",
    *(f"settle.{how}" for how in ("act_keep", "act_undo", "done_keep", "done_undo")),
}
"""The walk says no first, and keeps first: a transcript and tests/core/test_cash.py show these."""

OF_LISTS = {f"readlist.{how}" for how in ("first", "same", "taken", "twice")}
"""Lists of readings that are taken; readings_list.txt shows them."""

OF_COUPONS = {
    "unclear.coupon_digits",
    *(f"coupon.{how}" for how in ("ending", "ends", "how", "mine", "nobody", "none_ending", "not_eligible")),
    *(f"coupon.{how}" for how in ("percent", "result", "told", "value", "no_scheme", "not_you", "not_made")),
    *(f"redeem.{how}" for how in ("not_used", "nothing_owed", "over", "taken_back", "too_late", "too_many")),
    *(f"redeem.told_{how}_standing" for how in ("redeemed", "taken_back")),
    "redeem.done_standing",
    "redeem.used",
    "redeem.told_redeemed_due",
}
"""Coupons of the stage are never redeemed; coupons.txt and tests/core/coupons show these."""

OF_OTHER_SCHEMES = {
    *(f"scheme.{how}" for how in ("cancelled_before", "no_phone", "none", "not_sold", "remains", "row_paid")),
    *(f"scheme.{how}" for how in ("behind", "nobody", "terms_even", "terms_rest_down")),
    *(f"scheme.{how}" for how in ("cancelled", "sure_cancel")),
    # The refunds of the walk use up the in-charge's codes of the hour.
    *(f"scheme.{how}" for how in ("act", "act_off", "begun", "begun_down", "code", "wrong_code")),
}
"""What changes between two steps, and what the stage does not come to: schemes.txt and tests/core/schemes."""

OF_OTHER_READERS = {
    *(f"selfread.{how}" for how in ("gone", "not_yours", "noted_bill", "read_today")),
    "bill.self_read",
    "readings.by_self",
}
"""What is met when somebody else was faster, and what comes later: tests/core/test_selfreading.py."""

OF_OTHER_REQUESTS = {
    *(
        f"work.past_{step}"
        for step in ("approve", "assign", "reopen", "restore", "sendback", "stage", "withdraw")
    ),
    *(f"work.did_{step}" for step in ("approve", "sendback", "stage")),
    *(f"work.stage_{stage}" for stage in STAGES),
    "mended.back",
    *(f"mended.{how}" for how in ("again", "how", "not_right", "stays", "which_done")),
    "withdraw.none",
    "work.liked",
    "work.stars",
    "work.health_rated",
    "work.report_row_rated",
    "work.report_none",
    "work.step_approve",
    "work.step_stage",
    "work.switched_off",
    "work.unknown",
    "work.which_stage",
    "change.gone",
    *(f"change.waits_{what}" for what in ("bill", "meter")),
    *(f"work.{how}" for how in ("card_next", "past_by_hand", "past_metered", "the_meter")),
    "change.none",
    "status.already_inactive",
    "work.goes_up",
    "outage.goes_up",
    *(f"work.{how}" for how in ("by_itself", "card_up", "moved", "past_quiet", "past_up", "row_up")),
    *(f"work.waited_{how}" for how in ("days", "hours")),
    *(f"work.{how}" for how in ("card_first", "did_first", "did_pay", "event_amount", "row_first")),
    "fault.planned",
    "off.not_off",
    *(f"outage.{how}" for how in ("alarm", "back", "not_you", "option", "over", "restored", "take", "taken")),
    *(f"outage.{how}" for how in ("told", "what", "which")),
}
"""What the requests of the stage don't come to; transcripts (work, outage, requests) and tests show them."""

OF_CODES = {"closing.right", "work.code_not_yours", "work.did_done_unasked", "work.past_code"}
"""The walk has the code of another fault, and everybody on the stage a phone; by_code.txt shows these."""

OF_LEAVE = {
    *(f"leave.{how}" for how in ("act", "noted_all", "noted_none", "noted_some")),
    *(f"work.{how}" for how in ("card_for", "for_away")),
}
"""Whoever goes on leave on the walk hands on no approvals; leave.txt shows these."""

OF_LIGHT = {
    *(f"light.{how}" for how in ("asked", "mine", "outage", "outage_told", "unknown", "waits")),
    "fault.outage",
    "fault.outage_told",
    "light.not_reported",
    "work.health_none",
}
"""What the homes of the stage are not asked: light.txt and outage.txt show these."""

OF_NOTES = {"note.ours", "note.row_answered", "note.thanked"}
"""Nobody has answered the stage's notes; notes.txt shows these."""

OF_NEW_CONNECTIONS = {
    # The refunds of the walk use up the in-charge's codes of the hour; progress.txt connects with one.
    *(f"join.{how}" for how in ("by_sheet", "done", "done_deposit")),
    *(f"progress.{how}" for how in ("at_begun", "at_completed", "at_rejected", "denied_row", "none")),
}
"""What the wishes of the stage don't come to; progress.txt shows these."""

SAID_OF_METERS = {
    "meter.done",
    "read.billed",
    "read.first",
    "read.jump_first",
    "readlist.much",
    "read.future",
    "read.higher",
    "read.kwh_first",
    "read.lower",
    "read.rest",
    "read.rest_asked",
    "read.same",
    "read.still",
    "readings.by_staff",
    "unread.too_late",
}
"""What the transcripts show, or what the stage's meters give no reason for; tests/core reads them."""

OF_BROADCASTS = {
    *(f"broadcast.{how}" for how in ("act", "begun", "nobody", "over", "stopped", "told")),
    *(f"broadcast.row_{state}" for state in ("sending", "sent", "stopped")),
}
"""The refunds of the walk use up the in-charge's codes of the hour; broadcast.txt sends one."""

OF_PINS = {
    *(f"pin.{how}" for how in ("act", "act_unlock", "unlocked")),
    # Nobody on the stage has lost a phone: block.txt and tests/core/test_blocking.py show these.
    *(f"block.{how}" for how in ("act_open", "already", "cash", "not_blocked", "open", "tasks", "you")),
    *(f"prove.{how}" for how in ("locked", "no_sms", "pin", "wrong_pin")),
}
"""Said in a code's SMS, or to who has a PIN: ussd/pin.txt and tests/core/test_pins.py show these."""

OF_WATER = {
    *(f"water.{how}" for how in ("confirm_odd", "line", "not_yours", "too_late", "too_much")),
    *(f"water.{how}" for how in ("not_then", "sold_late", "then", "which_day")),
    *(f"water.{how}" for how in ("undo", "undone", "unknown", "which_code")),
    *(f"waters.{how}" for how in ("none_then", "not_read", "over", "which")),
    *(f"watermeter.{how}" for how in ("line", "moved", "same", "used")),
}
"""Said to a line that says more, or where days or people come between: water.txt, core/water."""

UNSAID = (
    SAID_BY_DOORS
    | IN_DOCS
    | TO_MOVE
    | NEVER_BILLED
    | REFUSED_LATE
    | OF_OTHER_RECEIPTS
    | OF_OTHER_WAYS
    | STUCK
    | OF_OTHER_REQUESTS
    | OF_COUPONS
    | OF_LISTS
    | OF_SWITCHED
    | OF_OTHER_PROMISES
    | OF_OTHER_SCHEMES
    | OF_OTHER_READERS
    | ENDED_EARLIER
    | OF_DEPOSITS
    | OF_LATE_FEES
    | PAID_ONLINE
    | OF_CODES
    | OF_LEAVE
    | OF_LIGHT
    | OF_NOTES
    | OF_NEW_CONNECTIONS
    | ON_WHATSAPP
    | OF_PINS
    | OF_BROADCASTS
    | SAID_OF_METERS
    | OF_WATER
)
"""All of these; OUTBOUND are only the beginnings of keys."""
