"""What a person types at the terminal handset, and what is shown to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from core.clock import local
from ops.phone import Dialling, Handset, Message, NoService

HELP = """dial            dial the service code; then type keys or words, and 'end' to hang up
dial *384*77*1# dial with the first keys
text WORDS      send WORDS as an SMS; words that are no command are sent as they are
inbox           all messages so far
quit            switch the phone off"""
LOOK_EVERY = 0.7
REPLY_WITHIN = 6.0
"""An answer by SMS goes through the outbox and a worker; most take well under two seconds."""


def lines_of(message: Message) -> str:
    """A message as the handset shows it, with the time on an Indian clock."""
    return f"SMS {local(datetime.fromisoformat(message['at'])):%d %b %H:%M:%S}\n{message['text']}\n"


def newest(messages: Sequence[Message]) -> int:
    """The id of the newest message; the inbox lists only the last ones, so a count would not do."""
    return max((int(message["id"]) for message in messages), default=0)


def newer(handset: Handset, seen: int) -> list[Message]:
    """What has arrived since the message with this id."""
    return [message for message in handset.inbox() if message["id"] > seen]


def text_and_wait(handset: Handset, words: str) -> None:
    """Send an SMS and show what comes back to this number within a few seconds."""
    seen = newest(handset.inbox())
    handset.text(words)
    until = time.monotonic() + REPLY_WITHIN
    while time.monotonic() < until:
        time.sleep(0.1)
        arrived = newer(handset, seen)
        if arrived:
            for message in arrived:
                handset.show(lines_of(message))
            return
    handset.show("(no answer yet: look again with 'inbox')")


def show_inbox(handset: Handset) -> None:
    """Show every message that is there."""
    messages = handset.inbox()
    for message in messages:
        handset.show(lines_of(message))
    if not messages:
        handset.show("(no messages)")


class Prompt:
    """The interactive phone: one line typed is one thing done, messages are shown as they come."""

    def __init__(self, handset: Handset) -> None:
        self.handset = handset
        self.talk: Dialling | None = None

    def run(self, lines: Iterator[str]) -> None:
        """Do what each line says until `quit` or the lines end."""
        self.handset.show(f"Phone {self.handset.number} is on. 'dial', an SMS to send, 'help' or 'quit'.")
        off = threading.Event()
        listener = threading.Thread(
            target=self._listen, args=(off, newest(self.handset.inbox())), daemon=True
        )
        listener.start()
        try:
            for line in lines:
                if not self._do(line.strip()):
                    break
            if self.talk:
                self.talk.hang_up()
        finally:
            off.set()
            listener.join()

    def _do(self, line: str) -> bool:
        """Handle one line; False when the phone is to be switched off."""
        if self.talk and not self.talk.over:
            if line == "end":
                self.talk.hang_up()
            else:
                self.talk.press(line)
            return True
        word, _, rest = line.partition(" ")
        actions: dict[str, Callable[[], None]] = {
            "": lambda: None,
            "dial": lambda: self._dial(rest),
            "text": lambda: self.handset.text(rest),
            "inbox": lambda: show_inbox(self.handset),
            "help": lambda: self.handset.show(HELP),
        }
        if word == "quit":
            return False
        actions.get(word, lambda: self.handset.text(line))()
        return True

    def _dial(self, code: str) -> None:
        self.talk = self.handset.dial((), code.strip())

    def _listen(self, off: threading.Event, seen: int) -> None:
        """Show messages as they arrive, until the phone is off or the service is gone."""
        while not off.wait(LOOK_EVERY):
            try:
                messages = newer(self.handset, seen)
            except NoService as error:
                self.handset.show(str(error))
                return
            for message in messages:
                self.handset.show(f"\n{lines_of(message)}")
            seen = max(seen, newest(messages))


def press_all(handset: Handset, keys: Sequence[str]) -> None:
    """Dial, press all keys, and hang up when the service still waits for more."""
    talk = handset.dial(keys)
    if not talk.over:
        handset.show("(hung up)")
        talk.hang_up()
