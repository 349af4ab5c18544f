// The page: which phones stand there, what reaches them, and what all of it has cost.

import { beginGlass } from "./glass.js";
import * as net from "./net.js";
import { rupees } from "./parts.js";
import { Person } from "./person.js";

const LOOK_EVERY = 1000;
const LOOK_SOON = [120, 350, 700];
const MOST = 12;

const people = [];
const sums = { hops: 0, parts: 0, paise: 0, chats: 0 };
const row = document.querySelector(".people");
let setup;
let since = null;
let changes = 0;
let looking = false;

function trouble(words) {
  const line = document.querySelector("body > .trouble[role]");
  line.textContent = words;
  line.hidden = words === "";
}

function count(more) {
  for (const [name, number] of Object.entries(more)) sums[name] += number;
  document.querySelector(".sums").textContent =
    `So far: ${sums.hops} USSD steps · ${sums.parts} SMS parts, ${rupees(sums.paise)} · ${sums.chats} WhatsApp messages`;
}

function remember() {
  history.replaceState(null, "", `#${people.map((person) => person.phone.slice(1)).join(",")}`);
}

function add(phone) {
  const person = new Person(setup, phone, { trouble, count, soon, moved, removed });
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

function moved(person, raw) {
  const digits = raw.replace(/[^0-9+]/g, "");
  const phone = /^[6-9][0-9]{9}$/.test(digits) ? `+91${digits}` : digits;
  if (!/^\+[1-9][0-9]{7,14}$/.test(phone)) return trouble("A mobile number has ten digits, or begins with + and its country.");
  trouble("");
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
  people.splice(people.indexOf(person), 1);
  person.root.remove();
  changed();
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
  const asked = people.map((person) => [person, person.phone, person.turn]);
  try {
    const found = await net.news(people.map((person) => person.phone), since);
    trouble("");
    for (const [person, phone, turn] of asked) {
      if (person.phone !== phone) continue;
      person.hearSignal(found.dark.includes(phone), turn);
      person.takeNews(found.letters);
    }
    if (before !== changes) return; // whoever came meanwhile still lacks what was before
    for (const letter of found.letters) since = since && Date.parse(since) > Date.parse(letter.at) ? since : letter.at;
  } catch (error) {
    if (!(error instanceof net.NoService)) throw error;
    trouble(error.message);
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

async function begin() {
  try {
    setup = await net.setup();
  } catch (error) {
    trouble(error.message);
    return;
  }
  document.title = `${setup.service}: phones to play with`;
  const named = location.hash.slice(1).split(",").filter((digits) => /^[1-9][0-9]{7,14}$/.test(digits));
  const first = named.length ? named.map((digits) => `+${digits}`) : setup.first;
  for (const phone of [...new Set(first)].slice(0, MOST)) add(phone);
  count({});
  document.querySelector(".add").addEventListener("click", addNext);
  beginGlass(() => people.map((person) => person.phone), nameOf);
  setInterval(() => document.hidden || look(), LOOK_EVERY);
}

begin();
