// The page: which phones stand there, what reaches them, and what all of it has cost.

import { beginGlass } from "./glass.js";
import * as net from "./net.js";
import { put, rupees, standIn } from "./parts.js";
import { Person } from "./person.js";

const LOOK_EVERY = 1000;
const AGAIN = 2000;
const LOOK_SOON = [120, 350, 700];
const MOST = 12;

const people = [];
const sums = { hops: 0, parts: 0, paise: 0, chats: 0 };
const row = document.querySelector(".people");
let setup;
let since = null;
let changes = 0;
let looking = false;
const wrong = { act: "", service: "" };

/** One line for the reader: what was wrong with the last act stays until the next, that the service is away until it is back. */
function say(about, words) {
  wrong[about] = words;
  const line = document.querySelector("body > .trouble[role]");
  put(line, wrong.service || wrong.act);
  line.hidden = line.textContent === "";
}

const trouble = (words) => say("act", words);
const away = (words) => say("service", words);

function count(more) {
  for (const [name, number] of Object.entries(more)) sums[name] += number;
  document.querySelector(".sums").textContent =
    `So far: ${sums.hops} USSD steps · ${sums.parts} SMS parts, ${rupees(sums.paise)} · ${sums.chats} WhatsApp messages`;
}

function remember() {
  history.replaceState(null, "", `#${people.map((person) => person.phone.slice(1)).join(",")}`);
}

function add(phone) {
  const person = new Person(setup, phone, { trouble, away, count, soon, moved, removed });
  people.push(person);
  row.append(person.root);
  changed();
}

function changed() {
  since = null;
  changes += 1;
  remember();
  document.querySelector(".add").disabled = people.length >= MOST;
  for (const person of people) person.root.querySelector(".remove").disabled = people.length < 2;
  soon();
}

/** Another number for a phone: as it was typed, and read as the service reads numbers. */
async function moved(person, raw) {
  const asked = (person.asked = {});
  const phone = await person.line.ask(() => net.number(raw));
  if (phone === undefined || asked !== person.asked || !people.includes(person)) return;
  if (!phone) return trouble("A mobile number has ten digits, or begins with + and its country.");
  if (people.some((each) => each !== person && each.phone === phone)) {
    person.become(person.phone);
    trouble("That phone is here already.");
  } else {
    person.become(phone);
  }
  changed();
}

function removed(person) {
  person.handset.hangUp();
  const place = people.indexOf(person);
  people.splice(place, 1);
  person.root.remove();
  changed();
  people[Math.min(place, people.length - 1)].who.focus({ preventScroll: true });
}

function addNext() {
  const free = setup.people.find((each) => !people.some((person) => person.phone === each.phone));
  add(free ? free.phone : `+91980000${String(1000 + people.length)}`);
  people.at(-1).who.focus();
}

/** Look for news, one request for all phones. */
async function look() {
  if (looking || people.length === 0) return;
  looking = true;
  const before = changes;
  const asked = people.map((person) => [person, person.line, person.turn]);
  try {
    const found = await net.news(people.map((person) => person.phone), since);
    away("");
    // Another database than this page was begun with: nothing on it is true any more.
    if (found.world !== setup.world) return location.reload();
    let all = before === changes; // whoever came meanwhile still lacks what was before
    for (const [person, line, turn] of asked) {
      if (person.line !== line) continue;
      if (person.moving > 0) {
        all = false; // nothing arrives while a switch is on its way: the phone may still show no signal
        continue;
      }
      person.hearSignal(found.dark.includes(line.phone), turn);
      person.takeNews(found.letters);
      line.sendWaiting();
    }
    if (!all) return;
    for (const letter of found.letters) since = since && Date.parse(since) > Date.parse(letter.at) ? since : letter.at;
  } catch (error) {
    if (!(error instanceof net.NoService)) throw error;
    away(error.message);
  } finally {
    looking = false;
  }
}

function soon() {
  for (const after of LOOK_SOON) setTimeout(look, after);
}

function nameOf(phone) {
  const known = setup.people.find((each) => each.phone === phone);
  return known ? known.name : phone;
}

/** Whoever the address names stands there at first; asked for until the service is there. */
async function begin() {
  const named = location.hash.slice(1).split(",").filter((digits) => /^[0-9]+$/.test(digits));
  try {
    setup = await net.setup(named.map((digits) => `+${digits}`));
  } catch (error) {
    away(error.message);
    setTimeout(begin, AGAIN);
    return;
  }
  away("");
  standIn(setup.zone);
  document.title = `${setup.service}: phones to play with`;
  for (const phone of setup.first) add(phone);
  count({});
  document.querySelector(".add").addEventListener("click", addNext);
  beginGlass(() => people.map((person) => person.phone), nameOf);
  setInterval(() => document.hidden || look(), LOOK_EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("hashchange", () => location.reload());
}

begin();
