// What a phone has got and sent, in the order in which it came, and how that stands on the screen.

import { toEnd } from "./parts.js";

export class Letters {
  /** `make` draws one; `look` names all else that its drawing goes by, so that only what looks different is drawn anew. */
  constructor(box, make, look) {
    Object.assign(this, { box, make, look, all: new Map(), drawn: new Map() });
  }

  get size() {
    return this.all.size;
  }

  /** One that came or went; true when it is new. Of one that was waiting it says that it has arrived. */
  take(letter) {
    const before = this.all.get(letter.key);
    if (!before) this.all.set(letter.key, letter);
    else if (before.waiting || before.failed) this.sent(before, letter.size);
    return !before;
  }

  /** The network has it; `size` is what it took there. */
  sent(letter, size) {
    Object.assign(letter, { waiting: false, failed: false, size: size || letter.size });
  }

  /** What was there before this page was: it stands above what has been written meanwhile. */
  history(letters) {
    const meanwhile = this.all;
    this.all = new Map();
    for (const letter of letters) this.all.set(letter.key, meanwhile.get(letter.key) || letter);
    for (const [key, letter] of meanwhile) this.all.set(key, letter);
    for (const letter of letters) this.take(letter);
    this.drawn.clear();
    this.box.replaceChildren();
  }

  /** What stands there already stays, and keeps the focus. */
  draw() {
    let more = false;
    for (const letter of this.all.values()) {
      const before = this.drawn.get(letter.key);
      const look = `${letter.waiting} ${letter.failed} ${letter.picture} ${this.look(letter)}`;
      if (before && before.look === look) continue;
      const made = this.make(letter);
      if (before) before.made.replaceWith(made);
      else this.box.append(made);
      more ||= !before;
      this.drawn.set(letter.key, { made, look });
    }
    if (more) toEnd(this.box.parentElement);
  }
}
