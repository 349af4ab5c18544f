// A chat as on WhatsApp: bubbles, buttons and lists to tap, and a line to write in.

import * as net from "./net.js";
import { Letters } from "./letters.js";
import { posted } from "./line.js";
import { boxed, element, time, toEnd, withLinks } from "./parts.js";

const MOST_BYTES = 16 * 1024 * 1024;
const PHOTO = "Photo";

export class Chat {
  constructor(root, line) {
    this.root = root;
    this.line = line;
    this.titles = new Map();
    this.open = new Set();
    this.road = line.road();
    this.thread = root.querySelector(".thread");
    this.empty = root.querySelector(".empty");
    this.letters = new Letters(this.thread.querySelector(".letters"), (letter) => this.bubble(letter), () => line.boxes);
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

  /** What is tapped comes back as an id: its caption stood in the message before. */
  learn(letters) {
    for (const { widget } of letters) {
      for (const option of widget ? widget.options : []) this.titles.set(option.id, option.title);
    }
  }

  draw() {
    this.empty.hidden = this.letters.size > 0;
    this.letters.draw();
  }

  bubble(letter) {
    const show = this.line.boxes ? boxed : (words) => words;
    const made = element("article", letter.mine ? "bubble mine" : "bubble");
    const words = letter.widget ? letter.widget.body : this.titles.get(letter.text) || letter.text;
    if (letter.picture) made.append(this.picture(letter.picture));
    else if (letter.photo) made.append(element("p", "said", PHOTO));
    if (words) made.append(withLinks(element("p", "said"), show(words)));
    const ticks = letter.mine ? (letter.failed ? " not sent" : letter.waiting ? " 🕓" : " ✓✓") : "";
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
      box.addEventListener("toggle", () => {
        if (!box.open) return this.open.delete(key);
        this.open.add(key);
        this.show(box);
      });
    }
    for (const option of widget.options) {
      const button = element("button", "option");
      button.type = "button";
      button.append(element("b", "", show(option.title)));
      if (option.description) button.append(element("small", "", show(option.description)));
      // The second click of a double one is nobody's wish.
      button.addEventListener("click", (event) => event.detail > 1 || this.say(option.title, { ...option, listed }));
      box.append(button);
    }
    return box;
  }

  /** Scroll what has opened into sight: within the chat, not the page. */
  show(box) {
    const over = box.getBoundingClientRect().bottom - this.thread.getBoundingClientRect().bottom;
    if (over > 0) this.thread.scrollTop += over + 8;
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
    else this.input.value ||= words;
  }

  chooseFile() {
    const chooser = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    chooser.addEventListener("change", () => {
      const [photo] = chooser.files;
      if (!photo) return;
      if (!photo.type.startsWith("image/")) this.line.told.trouble("This is no photo.");
      else if (photo.size > MOST_BYTES) this.line.told.trouble("WhatsApp takes photos of up to 16 MB.");
      else this.say(this.caption(), null, photo);
    });
    chooser.click();
  }

  say(words, option, photo) {
    const id = `${photo ? "MM" : "SM"}${net.newId()}`;
    const letter = { key: `sent:${id}`, phone: this.line.phone, channel: "whatsapp", text: words, at: Date.now(), mine: true, waiting: true, photo: Boolean(photo) };
    this.letters.take(letter);
    this.draw();
    const tap = option && { id: option.id, title: option.title, listed: option.listed };
    this.road.send(async () => {
      const answer = await posted(this.line, letter, () => this.post(letter, tap, photo));
      if (answer) this.line.told.count({ chats: 1 });
      this.draw();
      return answer;
    });
  }

  /** A photo goes to where WhatsApp keeps photos first. */
  async post(letter, tap, photo) {
    const { phone, twice } = this.line;
    const kept = photo ? await net.keepPhoto(photo) : { id: null };
    if (photo) letter.picture = kept.address;
    return net.sendWhatsApp({ phone, id: letter.key.slice("sent:".length), text: letter.text, tap, photo: kept.id, twice });
  }
}
