// One person's column: whose phone it is, what the network does to it, the handset and the chat.

import { Chat } from "./chat.js";
import { Handset } from "./handset.js";
import * as net from "./net.js";

const OTHER = "other";

/** What handset and chat share: the number, the switches, and the way to the network. */
class Line {
  constructor(setup, phone, told) {
    Object.assign(this, { setup, phone, dark: false, twice: false, boxes: false, seconds: setup.seconds, waiting: [] });
    this.trouble = told.trouble;
    this.count = told.count;
    this.soon = told.soon;
  }

  get name() {
    const person = this.setup.people.find((each) => each.phone === this.phone);
    return person ? person.name : this.phone;
  }

  /** Ask the service; null, and one line for the reader, when that fails. */
  async ask(request) {
    try {
      const answer = await request();
      this.trouble("");
      return answer;
    } catch (error) {
      if (!(error instanceof net.NoService)) throw error;
      this.trouble(error.message);
      return null;
    }
  }

  /** Send now, or when there is signal again. */
  send(act) {
    if (this.dark) this.waiting.push(act);
    else act().then(this.soon);
  }

  sendWaiting() {
    const acts = this.waiting;
    this.waiting = [];
    for (const act of acts) this.send(act);
  }
}

export class Person {
  constructor(setup, phone, told) {
    this.root = document.getElementById("person").content.firstElementChild.cloneNode(true);
    this.setup = setup;
    this.told = told;
    this.turn = {};
    this.moving = 0;
    this.who = this.root.querySelector(".who");
    this.number = this.root.querySelector(".number");
    this.drawPeople();
    this.listen();
    this.become(phone);
  }

  get phone() {
    return this.line.phone;
  }

  drawPeople() {
    for (const person of this.setup.people) {
      this.who.append(new Option(`${person.name}, ${person.role}`, person.phone));
    }
    this.who.append(new Option("Any number…", OTHER));
  }

  listen() {
    this.who.addEventListener("change", () => {
      this.number.hidden = this.who.value !== OTHER;
      if (this.who.value === OTHER) this.number.focus();
      else this.told.moved(this, this.who.value);
    });
    this.number.addEventListener("change", () => this.told.moved(this, this.number.value));
    this.root.querySelector(".remove").addEventListener("click", () => this.told.removed(this));
    this.root.querySelector(".dark").addEventListener("change", (event) => this.setDark(event.target.checked));
    for (const name of ["twice", "boxes"]) {
      this.root.querySelector(`.${name}`).addEventListener("change", (event) => {
        this.line[name] = event.target.checked;
        this.draw();
      });
    }
    this.root.querySelector(".limit").addEventListener("change", (event) => {
      this.line.seconds = Number(event.target.value);
    });
  }

  /** Put another number into this phone; its messages come with the next news. */
  become(phone) {
    this.line = new Line(this.setup, phone, this.told);
    const known = this.setup.people.some((person) => person.phone === phone);
    this.who.value = known ? phone : OTHER;
    this.number.hidden = known;
    this.number.value = known ? "" : phone;
    for (const box of this.root.querySelectorAll(".switches input")) box.checked = false;
    this.root.querySelector(".limit").value = String(this.setup.seconds);
    this.root.setAttribute("aria-label", `Phone of ${this.line.name}`);
    this.root.dataset.phone = phone;
    this.renew(".handset");
    this.renew(".chat");
    this.handset = new Handset(this.root.querySelector(".handset"), this.line);
    this.chat = new Chat(this.root.querySelector(".chat"), this.line);
    this.root.querySelector(".chat").hidden = !this.setup.whatsapp;
    this.fresh = true;
  }

  /** A part as the template has it, without what the number before left in it. */
  renew(part) {
    const blank = document.getElementById("person").content.querySelector(part).cloneNode(true);
    this.root.querySelector(part).replaceWith(blank);
  }

  /** Silence counts at once, what waited goes out when the network knows of the signal; unheard, the switch goes back. */
  async setDark(dark) {
    const turn = (this.turn = {});
    const line = this.line;
    this.moving += 1;
    if (dark) this.takeSignal(true);
    const done = await line.ask(() => net.setSignal(line.phone, !dark));
    this.moving -= 1;
    if (turn === this.turn && line === this.line) this.takeSignal(done ? dark : !dark);
    if (turn === this.turn) this.turn = {};
    this.told.soon();
  }

  /** What the network said of our signal when this was asked; older than the switch, it says nothing. */
  hearSignal(dark, turn) {
    if (this.moving === 0 && turn === this.turn) this.takeSignal(dark);
  }

  takeSignal(dark) {
    this.root.querySelector(".dark").checked = dark;
    if (this.line.dark === dark) return;
    this.line.dark = dark;
    this.handset.signal();
    if (!dark) this.line.sendWaiting();
  }

  /** What reached this number or was sent from it; the first time it is history and rings nobody. */
  takeNews(letters) {
    let rings = false;
    let changed = this.fresh;
    for (const letter of letters.filter((each) => each.phone === this.phone)) {
      const place = letter.channel === "sms" ? this.handset : this.chat;
      if (!place.take(letter)) continue;
      changed = true;
      rings ||= place === this.handset && !letter.mine && !this.fresh;
      if (!this.fresh && !letter.mine) this.told.count(letter.size ? { parts: letter.size.pieces.length, paise: letter.size.paise } : { chats: 1 });
    }
    this.fresh = false;
    this.handset.tick();
    if (changed) this.draw();
    if (rings) this.handset.ring();
  }

  draw() {
    this.handset.draw();
    this.chat.draw();
  }
}
