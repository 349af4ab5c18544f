// What the page asks of the service: every request is one of channels/phone/routes.py.

/** Raised with one line for the reader when the service gives no answer. */
export class NoService extends Error {}

async function fetched(path, options) {
  let answer;
  try {
    answer = await fetch(`phone/${path}`, options);
  } catch {
    throw new NoService("The service does not answer. Is it still running?");
  }
  if (!answer.ok) throw new NoService(`The service answered ${answer.status}: ${(await answer.text()).slice(0, 120)}`);
  return answer;
}

const ask = async (path, options) => (await fetched(path, options)).json();

const post = (path, what) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });

export const setup = () => ask("setup");
export const dial = (step) => post("dial", step);
export const end = (notice) => post("end", notice);
export const call = (ring) => post("call", ring);
export const sendSms = (words) => post("sms", words);
export const sendWhatsApp = (words) => post("whatsapp", words);
/** A photo on its way into WhatsApp: gives its id there, and where it is seen. */
export const keepPhoto = (photo) => ask("media", { method: "POST", headers: { "Content-Type": photo.type }, body: photo });
export const samplePhoto = (shows) => fetched(`sample.jpg?shows=${shows}`).then((answer) => answer.blob());
export const setSignal = (phone, there) => post("signal", { phone, there });
export const measure = (text) => post("measure", { text });

export function news(phones, since) {
  const asked = new URLSearchParams(phones.map((phone) => ["phone", phone]));
  if (since) asked.set("since", since);
  return ask(`news?${asked}`);
}

export const glass = (phones) => ask(`glass?${new URLSearchParams(phones.map((phone) => ["phone", phone]))}`);

/** An id as a network makes them: 32 hexadecimal digits. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
