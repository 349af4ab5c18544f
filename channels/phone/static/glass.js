// The glass floor: what lies under the phones, only to be looked at.

import * as net from "./net.js";
import { element, rupees, time } from "./parts.js";

const LOOK_EVERY = 1500;
const floor = document.querySelector(".glass");

function table(title, heads, rows) {
  const box = element("section", "pane");
  box.append(element("h2", "", title));
  if (rows.length === 0) {
    box.append(element("p", "foot", "nothing yet"));
    return box;
  }
  const made = element("table");
  const head = made.createTHead().insertRow();
  for (const name of heads) head.append(element("th", "", name));
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const cell of row) line.append(element("td", "", String(cell)));
  }
  box.append(made);
  return box;
}

const counts = (found) => Object.entries(found).map(([name, count]) => `${name} ${count}`).join(" · ");

function draw(found, nameOf) {
  const messages = found.messages.map((each) => [
    time(each.at), nameOf(each.recipient), each.kind, `${each.channel}${each.gateway ? ` via ${each.gateway}` : ""}`,
    each.attempts > 1 ? `${each.state}, try ${each.attempts}` : each.state, each.error || "",
  ]);
  const postings = found.entries.flatMap((entry) =>
    entry.postings.map(([account, owner, paise], index) => [index ? "" : `${entry.id} ${entry.kind}`, `${account} ${owner}`, rupees(paise)]));
  const talks = found.talks.map((talk) => [
    nameOf(talk.phone), talk.channel, talk.over ? "over" : talk.command, talk.turn, `${talk.page} of ${talk.pages}`,
  ]);
  const queues = element("section", "pane");
  queues.append(element("h2", "", "Queues"));
  queues.append(element("p", "", found.queues ? `RQ: ${counts(found.queues)}` : "Redis does not answer"));
  queues.append(element("p", "", `Outbox: ${counts(found.waiting) || "empty"}`));
  floor.querySelector(".panes").replaceChildren(
    table("Messages", ["at", "to", "kind", "road", "state", "why"], messages),
    table("Ledger", ["entry", "account", "moved"], postings),
    table("Talks", ["phone", "channel", "talk", "answers", "page"], talks),
    queues,
  );
}

/** Look below while the floor is open; `phones` and `nameOf` come from the page. */
export function beginGlass(phones, nameOf) {
  let looking = false;
  const look = async () => {
    if (!floor.open || document.hidden || looking) return;
    looking = true;
    try {
      draw(await net.glass(phones()), nameOf);
    } catch (error) {
      // The page itself says so when the service is away.
      if (!(error instanceof net.NoService)) throw error;
    } finally {
      looking = false;
    }
  };
  floor.addEventListener("toggle", look);
  setInterval(look, LOOK_EVERY);
}
