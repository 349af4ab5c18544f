// One person's column: whose phone it is, what the network does to it, the handset and the chat.

import { Chat } from "./chat.js";
import { Handset } from "./handset.js";
import { Line } from "./line.js";
import * as net from "./net.js";

const OTHER = "other";

export class Person {
  constructor(setup, phone, told) {
    this.root = document.getElementById("person").content.firstElementChild.cloneNode(true);
    this.setup = setup;
    this.told = told;
    this.turn = {};
    this.moving = 0;
    this.switching = Promise.resolve();
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
    if (this.handset) this.handset.hangUp();
    this.line = new Line(this.setup, phone, this.told);
    const known = this.setup.people.some((person) => person.phone === phone);
    this.who.value = known ? phone : OTHER;
    this.number.hidden = known;
    this.number.value = known ? "" : phone;
    for (const box of this.root.querySelectorAll(".switches input")) box.checked = false;
    this.root.querySelector(".limit").value = String(this.setup.seconds);
    this.root.setAttribute("aria-label", `Phone of ${this.line.name}`);
    this.root.dataset.phone = phone;
    this.root.setAttribute("aria-busy", "true");
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
    // One after the other: the network is left as the hand has left the switch.
    const told = this.switching.then(() => line.ask(() => net.setSignal(line.phone, !dark)));
    this.switching = told;
    if (dark) this.takeSignal(true, told);
    const done = await told;
    this.moving -= 1;
    if (turn === this.turn && line === this.line) this.takeSignal(done ? dark : !dark);
    if (turn === this.turn) this.turn = {};
    this.told.soon();
  }

  /** What the network said of our signal when this was asked; older than the switch, it says nothing. */
  hearSignal(dark, turn) {
    if (this.moving === 0 && turn === this.turn) this.takeSignal(dark);
  }

  /** `told`: when the network knows; a session ends for the service after that, so that nothing reaches us in between. */
  takeSignal(dark, told) {
    this.root.querySelector(".dark").checked = dark;
    if (this.line.dark === dark) return;
    this.line.dark = dark;
    this.handset.signal(told);
    this.draw();
    if (!dark) this.line.sendWaiting();
  }

  /** What reached this number or was sent from it; the first time it is history and rings nobody. */
  takeNews(letters) {
    const own = letters.filter((each) => each.phone === this.phone);
    const [texts, chats] = [own.filter((each) => each.channel === "sms"), own.filter((each) => each.channel !== "sms")];
    this.chat.learn(chats);
    if (this.fresh) {
      this.handset.letters.history(texts);
      this.chat.letters.history(chats);
      this.fresh = false;
      this.root.setAttribute("aria-busy", "false");
    } else {
      const came = texts.filter((letter) => this.handset.letters.take(letter) && !letter.mine);
      const said = chats.filter((letter) => this.chat.letters.take(letter) && !letter.mine);
      for (const { size } of came) this.told.count({ parts: size.pieces.length, paise: size.paise });
      if (said.length > 0) this.told.count({ chats: said.length });
      if (came.length > 0) this.handset.ring(came.length);
    }
    this.draw();
  }

  draw() {
    this.handset.draw();
    this.chat.draw();
  }
}
