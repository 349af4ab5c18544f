'use strict';
// Peer (c): ussd-menu-builder behind express, with Redis for the session and one PostgreSQL query a step.
//
// A menu is built for every request. The README's single module-level menu keeps the caller in the menu
// itself, so that two callers at once get each other's answers.
//
// /ussd greets in the caller's language (a query on the first step, as on the second).
// /ussd/sparing has one menu for everyone and asks the database only for the balance.

const express = require('express');
const { Pool } = require('pg');
const { createClient } = require('redis');
const UssdMenu = require('ussd-menu-builder');

const SESSION_SECONDS = 180;
const MENUS = {
  en: 'Welcome to Bijli\n1. My balance\n2. My payments\n3. Report a fault',
  'hi-Latn': 'Bijli mein swagat hai\n1. Mera bakaya\n2. Mere bhugtan\n3. Shikayat karein',
};
const BALANCES = {
  en: (name, due) => `${name}, you owe Rs ${due}`,
  'hi-Latn': (name, due) => `${name}, aapka bakaya Rs ${due} hai`,
};

const database = new Pool(); // address from PGHOST, PGUSER, PGDATABASE
const store = createClient({ socket: { path: process.env.PEER_REDIS_SOCKET } });

async function findCustomer(phone) {
  const found = await database.query({
    name: 'customer',
    text: 'SELECT name, language, due_paise FROM peer_customer WHERE phone = $1',
    values: [phone],
  });
  return found.rows[0];
}

const sessions = {
  start: () => Promise.resolve(),
  get: (id, key) => store.get(`peer:${id}:${key}`),
  set: (id, key, value) => store.set(`peer:${id}:${key}`, value, { expiration: { type: 'EX', value: SESSION_SECONDS } }),
  end: () => Promise.resolve(), // it expires by itself: one Redis command less
};

function buildMenu(languageOf) {
  const menu = new UssdMenu();
  menu.sessionConfig(sessions);
  menu.startState({
    run: async () => {
      const language = await languageOf(menu.args.phoneNumber);
      await menu.session.set('language', language);
      menu.con(MENUS[language]);
    },
    next: { 1: 'balance' },
  });
  menu.state('balance', {
    run: async () => {
      const language = await menu.session.get('language');
      const customer = await findCustomer(menu.args.phoneNumber);
      menu.end(BALANCES[language](customer.name, (Number(customer.due_paise) / 100).toFixed(2)));
    },
  });
  return menu;
}

const fromDatabase = async (phone) => (await findCustomer(phone)).language;
const sameForAll = async () => 'hi-Latn';

const app = express();
app.use(express.urlencoded({ extended: false }));
for (const [path, languageOf] of [['/ussd', fromDatabase], ['/ussd/sparing', sameForAll]]) {
  app.post(path, (request, response) => {
    buildMenu(languageOf).run(request.body, (answer) => response.type('text/plain').send(answer));
  });
}

store.connect().then(() => app.listen(Number(process.env.PORT), '127.0.0.1'));
