// Small things to draw: elements, messages with their parts, sizes and prices.

/** An element with a class and words in it. */
export function element(tag, name, words) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (words !== undefined) made.textContent = words;
  return made;
}

/** Put words where there may be the same: then nothing happens, and nothing is read out again. */
export function put(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

/** Words as a phone without Hindi letters shows them. */
export const boxed = (words) => words.replace(/[\u0900-\u097f]/g, "\u25af");

export const rupees = (paise) => `Rs ${(paise / 100).toFixed(2)}`;

/** What words take, e.g. "GSM-7 · 96/160 · 1 part · Rs 0.20". */
export function sizeWords(size) {
  const parts = size.pieces.length;
  const cost = size.paise ? ` · ${parts} part${parts > 1 ? "s" : ""} · ${rupees(size.paise)}` : "";
  return `${size.coding} · ${size.used}/${size.room}${cost}`;
}

const clock = { hour: "2-digit", minute: "2-digit" };

/** The phones stand where the service is, whatever the clock of this computer says. */
export function standIn(zone) {
  clock.timeZone = zone;
}

export const time = (moment) => new Date(moment).toLocaleTimeString("en-GB", clock);

/** Put words into an element; addresses in them can be opened, as phones do it. */
export function withLinks(made, words) {
  for (const [index, piece] of words.split(/(https?:\/\/\S*[^\s.,;:!?()।])/).entries()) {
    if (index % 2) made.append(Object.assign(element("a", "", piece), { href: piece, target: "_blank", rel: "noopener" }));
    else made.append(piece);
  }
  return made;
}

/** A text as it stands in the list of messages: its parts apart, below them what they took. */
export function drawSms(letter, show, dark) {
  const made = element("article", letter.mine ? "sms mine" : "sms");
  const pieces = letter.size ? letter.size.pieces : [letter.text];
  pieces.forEach((piece, index) => {
    if (index > 0) made.append(element("p", "break", `part ${index + 1}`));
    made.append(withLinks(element("p", "piece"), show(piece)));
  });
  const foot = letter.failed ? "not sent" : !letter.waiting ? time(letter.at) : dark ? "waits for signal" : "on its way";
  made.append(element("p", "foot", letter.size ? `${foot} · ${sizeWords(letter.size)}` : foot));
  return made;
}

/** Keep the newest in sight. */
export function toEnd(box) {
  box.scrollTop = box.scrollHeight;
}
