// A phone's line: its number, its switches, and its ways to the network.

import * as net from "./net.js";

export class Line {
  /** `told`: how the page hears of trouble, of what it has cost, and that there may be news. */
  constructor(setup, phone, told) {
    Object.assign(this, { setup, phone, told, dark: false, twice: false, boxes: false, seconds: setup.seconds, roads: [] });
  }

  get name() {
    const person = this.setup.people.find((each) => each.phone === this.phone);
    return person ? person.name : this.phone;
  }

  /** Ask the service; null when it refuses, undefined when it is not there, and one line for the reader. */
  async ask(request) {
    try {
      const answer = await request();
      this.told.trouble("");
      return answer;
    } catch (error) {
      if (!(error instanceof net.NoService)) throw error;
      if (error.away) this.told.away(error.message);
      else this.told.trouble(error.message);
      return error.away ? undefined : null;
    }
  }

  /** A way for messages, on which they stay in their order. */
  road() {
    const made = new Road(this);
    this.roads.push(made);
    return made;
  }

  /** There may be signal, or a service, again. */
  sendWaiting() {
    for (const road of this.roads) road.go();
  }
}

class Road {
  constructor(line) {
    Object.assign(this, { line, acts: [], going: false });
  }

  /** Send now, or when there is signal, after what was sent before. `act` gives undefined when nobody took it: then it waits. */
  send(act) {
    this.acts.push(act);
    this.go();
  }

  async go() {
    if (this.going) return;
    this.going = true;
    try {
      while (this.acts.length > 0 && !this.line.dark) {
        if ((await this.acts[0]()) === undefined) break;
        this.acts.shift();
        this.line.told.soon();
      }
    } finally {
      this.going = false;
    }
  }
}

/** Post a message by `post`; the letter then says what became of it. Gives the answer, null when it was refused. */
export async function posted(line, letter, post) {
  const answer = await line.ask(post);
  if (answer === undefined) return answer;
  letter.waiting = false;
  letter.failed = !answer || !answer.good;
  if (answer && !answer.good) line.told.trouble(`The service's door answered ${answer.status}: the message was not taken.`);
  return letter.failed ? null : answer;
}
