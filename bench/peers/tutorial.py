"""Peer (b): the handler of the usual tutorial, without its mistakes: pooled connections, an indexed look-up.

/ussd loads session and customer at the top of every request, as such handlers do; it can greet in the
customer's language. /ussd/sparing does only what the step at hand needs: one menu for everyone.
"""

from __future__ import annotations

import json
import os

import redis
from flask import Flask, Response, request
from sqlalchemy import BigInteger, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SESSION_SECONDS = 180
MENUS = {
    "en": "CON Welcome to Bijli\n1. My balance\n2. My payments\n3. Report a fault",
    "hi-Latn": "CON Bijli mein swagat hai\n1. Mera bakaya\n2. Mere bhugtan\n3. Shikayat karein",
}
BALANCES = {"en": "END {name}, you owe Rs {due:.2f}", "hi-Latn": "END {name}, aapka bakaya Rs {due:.2f} hai"}
UNKNOWN = "END We do not know this number"

app = Flask(__name__)
store = redis.Redis.from_url(os.environ["PEER_REDIS_URL"], decode_responses=True)
engine = create_engine(os.environ["PEER_DATABASE_URL"])


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "peer_customer"
    phone: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    language: Mapped[str] = mapped_column(String)
    due_paise: Mapped[int] = mapped_column(BigInteger)


def find_customer(phone: str) -> Customer | None:
    with Session(engine) as session:
        return session.scalars(select(Customer).where(Customer.phone == phone)).first()


def say_balance(customer: Customer, language: str) -> str:
    return BALANCES[language].format(name=customer.name, due=customer.due_paise / 100)


def plain(text: str) -> Response:
    return Response(text, mimetype="text/plain")


@app.post("/ussd")
def ussd() -> Response:
    """Session and customer first, then if and else on the text."""
    text, phone = request.form.get("text", ""), request.form["phoneNumber"]
    key = f"peer:{request.form['sessionId']}"
    saved = store.get(key)
    state: dict[str, str] = json.loads(str(saved)) if saved else {}
    customer = find_customer(phone)
    if customer is None:
        return plain(UNKNOWN)
    if text == "":
        state = {"language": customer.language, "step": "menu"}
        answer = MENUS[customer.language]
    elif text == "1":
        state["step"] = "balance"
        answer = say_balance(customer, state.get("language", customer.language))
    else:
        answer = "END Invalid choice"
    store.setex(key, SESSION_SECONDS, json.dumps(state))
    return plain(answer)


@app.post("/ussd/sparing")
def sparing() -> Response:
    """One Redis command on each step, and the query only where money is shown."""
    text, phone = request.form.get("text", ""), request.form["phoneNumber"]
    key = f"peer:{request.form['sessionId']}"
    if text == "":
        store.setex(key, SESSION_SECONDS, json.dumps({"language": "hi-Latn", "step": "menu"}))
        return plain(MENUS["hi-Latn"])
    saved = store.get(key)
    if text != "1" or not saved:
        return plain("END Invalid choice")
    customer = find_customer(phone)
    return plain(UNKNOWN if customer is None else say_balance(customer, json.loads(str(saved))["language"]))
