// What the page asks of the service: every request is one of channels/phone/routes.py.

/** Raised with one line for the reader when the service gives no answer; `away`: it was not even there. */
export class NoService extends Error {
  constructor(words, away) {
    super(words);
    this.away = away;
  }
}

const GONE = [502, 503, 504];

async function fetched(path, options) {
  let answer;
  try {
    answer = await fetch(`phone/${path}`, options);
  } catch {
    throw new NoService("The service does not answer. Is it still running?", true);
  }
  if (!answer.ok) {
    const words = await answer.text().catch(() => "");
    throw new NoService(`The service answered ${answer.status}: ${words.slice(0, 120)}`, GONE.includes(answer.status));
  }
  return answer;
}

async function ask(path, options, read = (answer) => answer.json()) {
  const answer = await fetched(path, options);
  try {
    return await read(answer);
  } catch {
    throw new NoService("The service broke off in the middle of its answer.", true);
  }
}

const post = (path, what) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });

const named = (phones) => new URLSearchParams(phones.map((phone) => ["phone", phone]));

/** Whom there is to play, and whose phones stand there at first: the ones that were asked for, if they are numbers. */
export const setup = (phones) => ask(`setup?${named(phones)}`);
/** The number that somebody typed, as the service reads it; null when it is none. */
export const number = async (raw) => (await ask(`number?${new URLSearchParams({ raw })}`)).phone;
export const dial = (step) => post("dial", step);
export const end = (notice) => post("end", notice);
export const call = (ring) => post("call", ring);
export const sendSms = (words) => post("sms", words);
export const sendWhatsApp = (words) => post("whatsapp", words);
/** A photo on its way into WhatsApp: gives its id there, and where it is seen. */
export const keepPhoto = (photo) => ask("media", { method: "POST", headers: { "Content-Type": photo.type }, body: photo });
export const samplePhoto = (shows) => ask(`sample.jpg?shows=${shows}`, undefined, (answer) => answer.blob());
export const setSignal = (phone, there) => post("signal", { phone, there });
export const measure = (text) => post("measure", { text });

export function news(phones, since) {
  const asked = named(phones);
  if (since) asked.set("since", since);
  return ask(`news?${asked}`);
}

export const glass = (phones) => ask(`glass?${named(phones)}`);

/** An id as a network makes them: 32 hexadecimal digits. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
