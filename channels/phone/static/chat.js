// A chat as on WhatsApp: bubbles, buttons and lists to tap, and a line to write in.

import * as net from "./net.js";
import { boxed, element, time, toEnd } from "./parts.js";

const MOST_BYTES = 16 * 1024 * 1024;
const PHOTO = "Photo";

export class Chat {
  constructor(root, line) {
    this.root = root;
    this.line = line;
    this.letters = new Map();
    this.titles = new Map();
    this.open = new Set();
    this.thread = root.querySelector(".thread");
    this.input = root.querySelector(".line");
    root.querySelector(".service").textContent = line.setup.service;
    root.querySelector(".say").addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
    this.attach = root.querySelector(".attach");
    this.attach.querySelector(".sample").addEventListener("click", () => this.sendSample());
    this.attach.querySelector(".file").addEventListener("click", () => this.chooseFile());
    this.attach.addEventListener("keydown", (event) => event.key === "Escape" && this.closeAttach());
    this.draw();
  }

  /** A message that came or went; true when it is new. */
  take(letter) {
    const before = this.letters.get(letter.key);
    if (before && !before.waiting) return false;
    for (const option of letter.widget ? letter.widget.options : []) this.titles.set(option.id, option.title);
    if (before) Object.assign(before, { waiting: false });
    else this.letters.set(letter.key, letter);
    return !before;
  }

  draw() {
    const show = this.line.boxes ? boxed : (words) => words;
    this.thread.replaceChildren(...[...this.letters.values()].map((letter) => this.bubble(letter, show)));
    if (this.letters.size === 0) this.thread.append(element("p", "empty", "Write a word: balance, bill, help …"));
    toEnd(this.thread);
  }

  bubble(letter, show) {
    const made = element("article", letter.mine ? "bubble mine" : "bubble");
    const words = letter.widget ? letter.widget.body : this.titles.get(letter.text) || letter.text;
    if (letter.picture) made.append(this.picture(letter.picture));
    else if (letter.photo) made.append(element("p", "said", PHOTO));
    if (words) made.append(element("p", "said", show(words)));
    const ticks = letter.mine ? (letter.waiting ? " 🕓" : " ✓✓") : "";
    made.append(element("p", "foot", time(letter.at) + ticks));
    if (letter.widget) made.append(this.widget(letter, show));
    return made;
  }

  /** What stands above the words; it opens whole in a page of its own. */
  picture(address) {
    const link = element("a", "picture");
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener";
    const image = element("img", "");
    image.src = address;
    image.alt = "Picture";
    image.addEventListener("load", () => toEnd(this.thread));
    image.addEventListener("error", () => image.replaceWith(element("span", "", PHOTO)));
    link.append(image);
    return link;
  }

  /** Buttons, or a list that stays open while other messages come. */
  widget({ key, widget }, show) {
    const listed = widget.type === "list";
    const box = element(listed ? "details" : "div", "widget");
    if (listed) {
      box.append(element("summary", "", `☰ ${show(widget.button)}`));
      box.open = this.open.has(key);
      box.addEventListener("toggle", () => (box.open ? this.open.add(key) : this.open.delete(key)));
    }
    for (const option of widget.options) {
      const button = element("button", "option");
      button.type = "button";
      button.append(element("b", "", show(option.title)));
      if (option.description) button.append(element("small", "", show(option.description)));
      button.addEventListener("click", () => this.say(option.title, { ...option, listed }));
      box.append(button);
    }
    return box;
  }

  write() {
    const words = this.input.value;
    if (!words.trim()) return;
    this.input.value = "";
    this.say(words, null);
  }

  /** What is typed goes along as the photo's caption. */
  caption() {
    const words = this.input.value.trim();
    this.input.value = "";
    this.closeAttach();
    return words;
  }

  closeAttach() {
    this.attach.open = false;
    this.input.focus({ preventScroll: true });
  }

  async sendSample() {
    const words = this.caption();
    const figure = words.match(/[0-9]{1,6}/) || ["1234"];
    const photo = await this.line.ask(() => net.samplePhoto(figure[0]));
    if (photo) this.say(words, null, photo);
  }

  chooseFile() {
    const chooser = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    chooser.addEventListener("change", () => {
      const [photo] = chooser.files;
      if (!photo) return;
      if (!photo.type.startsWith("image/")) this.line.trouble("This is no photo.");
      else if (photo.size > MOST_BYTES) this.line.trouble("WhatsApp takes photos of up to 16 MB.");
      else this.say(this.caption(), null, photo);
    });
    chooser.click();
  }

  say(words, option, photo) {
    const id = `${photo ? "MM" : "SM"}${net.newId()}`;
    const letter = { key: `sent:${id}`, phone: this.line.phone, channel: "whatsapp", text: words, at: Date.now(), mine: true, waiting: true, photo: Boolean(photo) };
    this.take(letter);
    this.draw();
    const tap = option && { id: option.id, title: option.title, listed: option.listed };
    this.line.send(async () => {
      const { phone, twice } = this.line;
      const kept = photo && (await this.line.ask(() => net.keepPhoto(photo)));
      if (photo && !kept) return;
      if (kept) letter.picture = kept.address;
      const what = { phone, id, text: words, tap, photo: kept ? kept.id : null, twice };
      const answer = await this.line.ask(() => net.sendWhatsApp(what));
      if (!answer) return;
      letter.waiting = false;
      this.line.count({ chats: 1 });
      this.draw();
    });
  }
}
