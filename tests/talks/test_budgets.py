"""What messages cost: each rendered with its longest real values, in each language."""

from __future__ import annotations

import pytest

from channels.ussd import screen
from channels.written import MOST_PARTS, SMS
from conversations.prompts import Confirm, Menu, Option
from core.gsm import fits_screen, is_gsm, parts
from core.money import Money
from core.outbox import KINDS
from core.settings import LANGUAGES
from core.text import Name, Param, all_keys, render, say
from core.work.rules import Kind
from tests.talks.longest import AMOUNT, BALANCE, DAY, LONGEST, NAME, NUMBER, PHONE, REQUEST, STANDINGS, thing
from tests.talks.longest_answers import (
    _READ,
    _TO,
    _WATER,
    COUNTED,
    CUSTOMER_ANSWERS,
    KWH,
    QUESTIONS,
    STAFF_ANSWERS,
)

ODD_WATER = ("none", "free", "much", "price", "odd", "large")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LONGEST)
def test_an_outbound_message_keeps_its_budget(kind: str, language: str) -> None:
    for text in LONGEST[kind]:
        words = render(text, language)
        assert parts(words) <= KINDS[kind].budget[language], words
        assert is_gsm(words) == (language != "hi"), words


def test_every_outbound_text_is_measured() -> None:
    assert set(KINDS) - set(LONGEST) == {"reply"}
    measured = {text.key for texts in LONGEST.values() for text in texts}
    begins = (
        "alerts.",
        "bill.told_",
        "call.",
        "carry.offer",
        "code.",
        "receipt.",
        "refund.",
        "remind.",
        "reversal.",
        "scheme.told_",
        "selfread.told_",
        "supply.",
        "work.told_",
        "paylink.message",
        "paylink.failed",
        "payupi.message",
        "photo.link_",
    )
    said_back = {"receipt.sent", "receipt.none"}
    outbound = {
        key for key in all_keys("en") if key.startswith(begins) and ".trouble." not in key
    } - said_back
    assert outbound <= measured


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_get_their_answer_in_one_sms(language: str) -> None:
    most = 2 if language == "hi" else 1
    for text in STAFF_ANSWERS:
        assert parts(render(text, language)) <= most, render(text, language)
    for text in QUESTIONS:
        [page] = SMS.pages_of_prompt(Confirm(text), None, language, deep=True)
        assert parts(page) <= most, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_about_an_odd_reading_is_two_sms_at_most(language: str) -> None:
    """It holds every figure that can be wrong: a second part is cheaper than a wrong bill."""
    odd = [say(f"read.{how}", **_READ, **_TO) for how in ("turned", "jump")]
    odd.append(say("meter.confirm", closing=KWH, opening=KWH, meter="X" * 20, **_TO))
    for text in odd:
        [page] = SMS.pages_of_prompt(Confirm(text), None, language, deep=True)
        assert parts(page) <= (3 if language == "hi" else 2), page


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_water_unit_made_and_odd_figures_of_water_are_two_sms_at_most(language: str) -> None:
    """They hold every figure that can be wrong, with the longest name of a plant and the largest sums."""
    assert parts(render(COUNTED, language)) <= (3 if language == "hi" else 1)
    prices: dict[str, Param] = {"price": AMOUNT, "usual": AMOUNT}
    shown: dict[str, Param] = {"now": "99,99,99,999", "last": "99,99,99,999", "day": DAY}
    odd = [say(f"water.confirm_{how}", **_WATER, **prices) for how in ODD_WATER]
    odd += [say(f"watermeter.jump_{what}", used="99,99,99,999", **shown) for what in ("litres", "wh")]
    for text in odd:
        [page] = SMS.pages_of_prompt(Confirm(text), None, language, deep=True)
        assert parts(page) <= (3 if language == "hi" else 2), page
    ways = ("new", "turned", "wrong", "typed")
    less = Menu(
        say("watermeter.less_litres", **shown), tuple(Option(how, say(f"watermeter.{how}")) for how in ways)
    )
    [page] = SMS.pages_of_prompt(less, None, language, deep=True)
    assert parts(page) <= (3 if language == "hi" else 1), page


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_plants_with_their_month_of_water_are_two_messages(language: str) -> None:
    amounts: dict[str, Param] = {"litres": "9,99,999", "before": "9,99,999"}
    plant = [
        say("waters.plant", plant=NAME, month="11/2026"),
        say("waters.made", day=DAY, **amounts),
        say("waters.sold", amount=AMOUNT, amount_before=AMOUNT, **amounts),
        say("waters.price", price=Money(19_95), before=Money(19_95)),
        say("waters.lost", share=say("waters.over", share="99.9 %"), before="99.9 %"),
        say("waters.power", kwh="99999.9", before="99999.9", each="999.9", each_before="999.9"),
    ]
    for plants, most in ((1, 2 if language == "hi" else 1), (2, 4 if language == "hi" else 2)):
        pages = SMS.pages_of_words(say("nav.lines", lines=tuple(plant * plants)), language)
        assert len(pages) <= most, pages
        assert all(parts(page) <= MOST_PARTS for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_get_their_answer_in_two_sms(language: str) -> None:
    for text in CUSTOMER_ANSWERS:
        words = render(text, language)
        assert parts(words) <= (3 if text.key == "nav.lines" and language == "hi" else 2), words


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_lists_are_cut_into_messages_of_three_parts(language: str) -> None:
    rows = tuple(say("dues.row", number=NUMBER, name=NAME, amount=BALANCE) for _ in range(30))
    pages = SMS.pages_of_words(say("nav.lines", lines=rows), language)
    assert all(parts(page) <= MOST_PARTS <= KINDS["reply"].budget[language] for page in pages)
    assert sum(page.count(NUMBER) for page in pages) == 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_customer_is_two_messages_at_most(language: str) -> None:
    """CUST with its longest lines, five open requests and a year of faults; three in Devanagari then."""
    card = [
        say("card.head", number=NUMBER, name=NAME),
        say("card.due", amount=BALANCE),
        say("card.paid", amount=AMOUNT, day=DAY),
        say("card.promised", day=DAY),
        say("card.package", package=NAME),
        say("card.status_inactive"),
        say("card.village", village=NAME),
        say("card.phone", phone=PHONE),
    ]
    state = say("request.in_process")
    brief = say("work.brief", request=REQUEST, what=thing(Kind.FAULT), state=state)
    year = say("work.health_rated", faults=999, mended=999, hours="999.9", stars="4.5")
    pages = SMS.pages_of_words(say("nav.lines", lines=(*card, *[brief] * 5, year)), language)
    assert len(pages) <= (3 if language == "hi" else 2), pages
    assert all(parts(page) <= MOST_PARTS for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_year_and_the_totals_are_cut_between_lines(language: str) -> None:
    months = [
        say(f"year.row_{how}", month="11/2026", billed=AMOUNT, paid=AMOUNT, balance=BALANCE)
        for how in STANDINGS * 4
    ]
    totals = [
        say("totals.plant", plant=NAME),
        say(
            "totals.row",
            what=say("mode.link"),
            today=999,
            today_sum=BALANCE,
            month=99999,
            month_sum=BALANCE,
        ),
    ] * 6
    for lines in (months, totals):
        pages = SMS.pages_of_words(say("nav.lines", lines=tuple(lines)), language)
        assert all(parts(page) <= MOST_PARTS for page in pages)
        assert len(pages) <= (6 if language == "hi" else 3), pages
        assert all(
            fits_screen("CON " + page)
            for page in screen.pages_of_words(say("nav.lines", lines=tuple(lines)), language)
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_the_screen_the_longest_words_take_few_pages(language: str) -> None:
    for text in (*STAFF_ANSWERS, *CUSTOMER_ANSWERS):
        pages = screen.pages_of_words(text, language)
        assert all(fits_screen("END " + page) for page in pages)
        assert len(pages) <= (4 if language == "hi" else 2), pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_yes_or_no_with_a_usual_name_is_one_screen(language: str) -> None:
    """Whoever says yes must see what to; only the longest names and sums take a second page."""
    usual: dict[str, Param] = {
        "name": Name("Asha Devi", "आशा देवी"),
        "number": "120457",
        "amount": Money(300_00),
        "days": 7,
        "shown": "1234.5",
        "plant": Name("Rampur", "रामपुर"),
        "litres": "400",
    }
    for question in QUESTIONS:
        assert (
            len(screen.pages_of_prompt(Confirm(say(question.key, **usual)), None, language, deep=True)) == 1
        )
