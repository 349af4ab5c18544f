// The feature phone: USSD sessions, texts, keypad. What it does on the network goes through its Line.

import * as net from "./net.js";
import { Letters } from "./letters.js";
import { posted } from "./line.js";
import { boxed, drawSms, put, sizeWords, time, toEnd } from "./parts.js";

const KEYS = [
  ["1", ""], ["2", "abc"], ["3", "def"], ["4", "ghi"], ["5", "jkl"], ["6", "mno"],
  ["7", "pqrs"], ["8", "tuv"], ["9", "wxyz"], ["*", "+"], ["0", ""], ["#", ""],
];
const COUNT_AFTER = 150;

export class Handset {
  /** `line` is the phone's line: its number, switches, and the setup of the service. */
  constructor(root, line) {
    this.root = root;
    this.line = line;
    this.unread = 0;
    this.road = line.road();
    this.talk = null;
    this.view = "idle";
    for (const name of ["bars", "operator", "mail", "clock", "greeting", "hint", "screen", "inbox", "size", "words", "timer", "messages", "compose", "green"]) {
      this[name] = root.querySelector(`.${name}`);
    }
    this.letters = new Letters(
      this.inbox.querySelector(".letters"), (letter) => drawSms(letter, this.shown(), line.dark), (letter) => [line.boxes, letter.waiting && line.dark, Boolean(letter.size)],
    );
    this.entry = root.querySelector(".entry");
    this.input = root.querySelector(".entry .line");
    this.drawKeys();
    this.listen();
    this.show("idle");
  }

  drawKeys() {
    const pad = this.root.querySelector(".keys");
    for (const [key, letters] of KEYS) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", key);
      button.append(key, Object.assign(document.createElement("small"), { textContent: letters }));
      button.addEventListener("click", () => this.type(key));
      pad.append(button);
    }
  }

  listen() {
    const on = (name, act) => this.root.querySelector(`.${name}`).addEventListener("click", act);
    on("green", () => this.call());
    on("red", () => this.hangUp());
    on("clear", () => this.erase());
    on("messages", () => this.show(this.view === "inbox" ? "idle" : "inbox"));
    on("compose", () => {
      this.show(this.view === "write" ? "idle" : "write");
      if (this.view === "write") this.words.focus({ preventScroll: true });
    });
    on("missed", () => {
      this.leave("Incomplete");
      this.dial(this.line.setup.shortCode);
    });
    this.entry.addEventListener("submit", (event) => {
      event.preventDefault();
      this.call();
    });
    this.words.addEventListener("input", () => this.count());
    this.words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.call();
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hangUp();
      // With a key of the keypad or the messages in focus, the keyboard types as well.
      else if (/^[0-9*#]$/.test(event.key) && (event.target === this.inbox || event.target.tagName === "BUTTON")) {
        event.preventDefault();
        this.type(event.key);
        if (event.target === this.inbox) this.field().focus({ preventScroll: true });
      }
    });
  }

  // ---- what is seen

  show(view) {
    if (this.talk && !this.talk.over && view !== "talk") this.leave("Incomplete");
    // What is typed while the network is still busy is for the screen that comes; anything else begins empty.
    if (view !== "talk" || this.view !== "talk" || this.talk.over) this.input.value = "";
    this.view = view;
    for (const each of this.root.querySelectorAll(".view")) each.hidden = !each.classList.contains(view);
    if (view === "inbox") this.unread = 0;
    this.size.textContent = "";
    this.entry.hidden = view === "inbox" || view === "write" || (view === "talk" && this.talk.over);
    this.input.placeholder = view === "talk" ? "answer" : this.line.setup.code;
    this.messages.textContent = view === "inbox" ? "Back" : "Messages";
    this.compose.textContent = view === "write" ? "Back" : "Write SMS";
    this.green.textContent = view === "write" || (view === "talk" && !this.talk.over) ? "Send" : "Call";
    if (view === "write") this.count();
    this.draw();
    if (view === "inbox") toEnd(this.inbox);
  }

  /** Whatever follows from the phone's state and its switches. */
  draw() {
    this.root.classList.toggle("nosignal", this.line.dark);
    put(this.bars, this.line.dark ? "✕" : "▂▄▆");
    put(this.operator, this.line.dark ? "No signal" : "Bharat GSM");
    this.mail.hidden = this.unread === 0;
    put(this.mail, `✉ ${this.unread}`);
    this.tick();
    put(this.greeting, this.line.name);
    put(this.hint, this.line.dark ? "No signal" : `Call ${this.line.setup.code}, or send HELP as an SMS to ${this.line.setup.shortCode}. A missed call there works, too.`);
    if (this.talk) put(this.screen, this.shown()(this.talk.screen));
    this.inbox.querySelector(".none").hidden = this.letters.size > 0;
    this.letters.draw();
  }

  tick() {
    put(this.clock, time(Date.now()));
  }

  shown() {
    return this.line.boxes ? boxed : (words) => words;
  }

  /** So many new messages have come: they are shown at once unless the phone is busy or a number is being typed. */
  ring(many) {
    const typed = this.entry.contains(document.activeElement);
    this.unread += many;
    if (this.view === "inbox" || (this.view === "idle" && this.input.value === "")) this.show("inbox");
    else this.draw();
    if (typed && this.view === "inbox") this.inbox.focus({ preventScroll: true });
    this.root.classList.add("rings");
    setTimeout(() => this.root.classList.remove("rings"), 700);
  }

  // ---- typing

  field() {
    return this.view === "write" ? this.words : this.input;
  }

  type(key) {
    if (this.view === "inbox" || (this.view === "talk" && this.talk.over)) this.show("idle");
    const field = this.field();
    field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
    if (this.view === "write") this.count();
  }

  erase() {
    const field = this.field();
    const start = field.selectionStart === field.selectionEnd ? Math.max(0, field.selectionStart - 1) : field.selectionStart;
    field.setRangeText("", start, field.selectionEnd, "end");
    if (this.view === "write") this.count();
  }

  /** What the text being written takes, counted by the service itself. */
  count() {
    clearTimeout(this.counting);
    this.counting = setTimeout(async () => {
      const words = this.words.value;
      const size = await this.line.ask(() => net.measure(words));
      if (size && this.view === "write" && words === this.words.value) this.size.textContent = sizeWords(size);
    }, COUNT_AFTER);
  }

  // ---- calling

  call() {
    if (this.view === "write") this.text();
    else if (this.view === "talk" && !this.talk.over) this.press(this.input.value);
    else this.dial(this.input.value.trim());
  }

  async dial(dialled) {
    const code = dialled || this.line.setup.code;
    const base = this.line.setup.code.replace(/#$/, "");
    const rest = code.replace(/#$/, "");
    this.talk = { session: `ATUid_${net.newId()}`, keys: [], hops: 0, over: false, screen: "…", last: "", began: Date.now(), busy: false };
    this.input.value = "";
    this.show("talk");
    if (this.line.dark) return this.close("No signal");
    if (rest === this.line.setup.shortCode) return this.ringUp();
    if (!rest.startsWith(base)) return this.close("Number not in use");
    const suffix = rest.slice(base.length).replace(/^\*/, "");
    this.talk.keys = suffix ? suffix.split("*") : [];
    this.startTimer();
    await this.hop();
  }

  /** A missed call: it is rejected, and the answer comes by SMS. */
  async ringUp() {
    const { phone, twice } = this.line;
    const talk = this.talk;
    talk.busy = talk.rings = true;
    const answer = await this.line.ask(() => net.call({ phone, id: talk.session, twice }));
    if (talk !== this.talk || talk.over) return;
    this.close(answer && answer.good ? "Call rejected: nothing to pay. The answer comes by SMS." : "Connection problem");
  }

  async press(words) {
    if (this.talk.busy || words === "") return;
    this.talk.keys.push(words);
    this.input.value = "";
    await this.hop();
  }

  async hop() {
    const talk = this.talk;
    const { phone, twice } = this.line;
    const typed = this.entry.contains(document.activeElement);
    talk.busy = true;
    this.size.textContent = "…";
    const answer = await this.line.ask(() => net.dial({ phone, session: talk.session, keys: talk.keys, twice }));
    talk.busy = false;
    if (talk !== this.talk || talk.over) return;
    if (!answer || !answer.good) return this.leave("Failed", "Connection problem or invalid code");
    talk.hops += 1;
    talk.last = `${answer.ends ? "END" : "CON"} ${answer.screen}`;
    talk.screen = answer.screen;
    this.line.told.count({ hops: answer.times });
    if (answer.ends) this.leave("Success");
    this.show("talk");
    this.size.textContent = sizeWords(answer.size) + this.repeated(answer);
    if (!answer.ends && typed) this.input.focus({ preventScroll: true });
  }

  repeated(answer) {
    if (answer.times < 2) return "";
    return answer.same ? " · sent twice, one answer" : " · sent twice, TWO ANSWERS";
  }

  startTimer() {
    clearInterval(this.ticking);
    const talk = this.talk;
    const whole = this.line.seconds * 1000;
    const tick = () => {
      const left = Math.max(0, whole - (Date.now() - talk.began));
      this.timer.firstElementChild.style.width = `${(100 * left) / whole}%`;
      this.timer.title = `${Math.ceil(left / 1000)} s of the session left`;
      if (left === 0) this.leave("Incomplete", "Connection timed out");
    };
    this.timer.hidden = false;
    this.ticking = setInterval(tick, 250);
    tick();
  }

  /** The session is over: the network says so to the service, once `after` has come about. */
  leave(status, words, after = Promise.resolve()) {
    const talk = this.talk;
    if (!talk || talk.over) return;
    const told = { phone: this.line.phone, session: talk.session, keys: talk.keys, status, hops: talk.hops, last: talk.last, millis: Date.now() - talk.began };
    if (!talk.rings) after.then(() => this.line.ask(() => net.end(told)));
    if (words) this.close(words);
    else this.stop();
  }

  stop() {
    this.talk.over = true;
    clearInterval(this.ticking);
    this.timer.hidden = true;
  }

  close(words) {
    this.stop();
    this.talk.screen = words;
    if (this.view === "talk") this.show("talk");
  }

  hangUp() {
    this.leave("Incomplete");
    this.show("idle");
  }

  /** The signal is gone or back; `told`: when the network knows. */
  signal(told) {
    if (this.line.dark) this.leave("Incomplete", "Connection lost", told);
  }

  // ---- texting

  text() {
    const words = this.words.value;
    if (!words.trim()) return;
    this.words.value = "";
    const id = net.newId();
    const letter = { key: `sent:${id}`, phone: this.line.phone, channel: "sms", text: words, at: Date.now(), mine: true, waiting: true };
    this.letters.take(letter);
    this.show("inbox");
    this.road.send(async () => {
      const { phone, twice } = this.line;
      const answer = await posted(this.line, letter, () => net.sendSms({ phone, id, text: words, twice }));
      if (answer) {
        letter.size = answer.size;
        this.line.told.count({ parts: answer.size.pieces.length, paise: answer.size.paise });
      }
      this.draw();
      return answer;
    });
  }
}
