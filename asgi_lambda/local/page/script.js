// The inspector's page: a list that follows the stream, and one invocation in parts.

import { PARTS as SEEN, handler, make, milliseconds } from "/_lambda/parts.js";
import { compare, doors, replay } from "/_lambda/replay.js";

const PARTS = {
  ...SEEN,
  Replay: (found) => replay(found, (id) => choose(id, true, "Compare")),
  Compare: (found) => compare(found, [...exchanges.values()].map((each) => each.exchange)),
};

const by = (id) => document.getElementById(id);
const exchanges = new Map();
let chosen = null;
let shown = null;
let part = "HTTP in";

// The list.

function kind(exchange) {
  if (exchange.failed || exchange.status >= 500) return "bad";
  return exchange.status >= 400 ? "warn" : "good";
}

function follow(exchange) {
  const known = exchanges.get(exchange.id);
  const button = known?.button ?? make("button", { type: "button", "data-id": exchange.id });
  button.replaceChildren(
    make("span", { class: `status ${kind(exchange)}` }, exchange.status === null ? "…" : String(exchange.status)),
    make("span", { class: "target" }, `${exchange.method} ${exchange.target}`),
    make("span", { class: "number" }, milliseconds(exchange.duration)),
    make("span", { class: "small" }, new Date(exchange.received).toLocaleTimeString() +
      (exchange.source !== by("door").textContent ? `, ${exchange.source}` : "") +
      (exchange.running ? ", running" : "") + (exchange.refused ? ", refused by the front door" : "")));
  if (!known) {
    button.addEventListener("click", () => choose(exchange.id, true));
    by("list").prepend(make("li", {}, button));
  }
  if (exchange.id === chosen) button.setAttribute("aria-current", "true");
  exchanges.set(exchange.id, { exchange, button });
  by("empty").hidden = true;
  filter();
  if (exchange.id === chosen) load();
}

// Of many, the server keeps the last ones.
function drop(id) {
  exchanges.get(id)?.button.parentElement.remove();
  exchanges.delete(id);
  close();
}

function filter() {
  const words = by("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const { exchange, button } of exchanges.values()) {
    const text = `${exchange.method} ${exchange.target} ${exchange.status}`.toLowerCase();
    button.parentElement.hidden = !words.every((word) => text.includes(word));
  }
}

function clear() {
  exchanges.clear();
  by("list").replaceChildren();
  by("empty").hidden = false;
  close();
}

function close() {
  chosen = shown = null;
  by("detail").hidden = true;
  by("hint").hidden = false;
  document.body.classList.remove("open");
  for (const { button } of exchanges.values()) button.removeAttribute("aria-current");
}

// One invocation.

function choose(id, focus, name = part) {
  chosen = id;
  part = name;
  for (const [each, { button }] of exchanges) {
    if (each === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  document.body.classList.add("open");
  load().then(() => { if (focus && by("back").offsetParent) by("title").focus(); });
}

async function load() {
  const id = chosen;
  const answer = await fetch(`/_lambda/exchanges/${id}`);
  if (id !== chosen) return;
  if (!answer.ok) {
    drop(id);
    return;
  }
  shown = await answer.json();
  const outcome = shown.http_out ? shown.http_out.line : "…";
  by("title").textContent = `${shown.http_in.line} → ${outcome}`;
  const facts = [shown.source, shown.id];
  if (shown.duration !== null) facts.push(`${milliseconds(shown.duration)} in all`);
  if (shown.function !== null) facts.push(`${milliseconds(shown.function)} in the function`);
  by("facts").textContent = facts.join(" · ");
  by("reason").hidden = !shown.reason;
  by("reason").textContent = shown.reason && `The front door answered by itself: ${shown.reason}.`;
  by("detail").hidden = false;
  by("hint").hidden = true;
  show(part);
}

function show(name) {
  part = name;
  for (const tab of by("tabs").children) {
    const selected = tab.textContent === name;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
    if (selected) by("panel").setAttribute("aria-labelledby", tab.id);
  }
  by("panel").replaceChildren(...PARTS[name](shown));
}

function step(name, by_) {
  const names = Object.keys(PARTS);
  return names[(names.indexOf(name) + by_ + names.length) % names.length];
}

Object.keys(PARTS).forEach((name, at) => {
  by("tabs").append(make("button", {
    type: "button", role: "tab", id: `tab-${at}`, "aria-controls": "panel", onclick: () => show(name),
  }, name));
});

by("filter").addEventListener("input", filter);
by("back").addEventListener("click", () => {
  const button = exchanges.get(chosen)?.button;
  close();
  button?.focus();
});
by("clear").addEventListener("click", () => fetch("/_lambda/exchanges", { method: "DELETE" }));

document.addEventListener("keydown", (pressed) => {
  if (pressed.altKey || pressed.ctrlKey || pressed.metaKey) return;
  const typing = pressed.target.matches("input, textarea, select");
  if (pressed.key === "Escape" && (!typing || pressed.target === by("filter"))) {
    by("filter").value = "";
    filter();
    by("back").click();
  } else if (pressed.key === "/" && !typing) {
    pressed.preventDefault();
    by("filter").focus();
  } else if (pressed.key === "ArrowDown" || pressed.key === "ArrowUp") {
    const inside = pressed.target.closest("article") && pressed.target !== by("title");
    if (inside) return;
    const visible = [...by("list").querySelectorAll("li:not([hidden]) > button")];
    const at = visible.findIndex((button) => button.dataset.id === chosen);
    const next = visible[at < 0 ? 0 : at + (pressed.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    pressed.preventDefault();
    choose(next.dataset.id, false);
    if (!by("back").offsetParent) next.focus();
  } else if ((pressed.key === "ArrowLeft" || pressed.key === "ArrowRight") && shown && !typing) {
    show(step(part, pressed.key === "ArrowRight" ? 1 : -1));
    if (pressed.target.matches("[role=tab]")) by("tabs").querySelector("[aria-selected=true]").focus();
  }
});

// The stream reconnects by itself, and starts with all that the server still has.
const stream = new EventSource("/_lambda/stream");
const live = (text, on) => {
  by("live").textContent = text;
  by("live").classList.toggle("on", on);
};
stream.addEventListener("open", () => live("live", true));
stream.addEventListener("error", () => live("the server is gone, waiting for it", false));
stream.addEventListener("exchange", (message) => follow(JSON.parse(message.data)));
stream.addEventListener("clear", clear);
stream.addEventListener("door", (message) => {
  const door = JSON.parse(message.data);
  clear();
  handler.tapped = door.tapped;
  doors.splice(0, doors.length, ...door.sources);
  by("door").textContent = door.source;
  by("home").href = `${door.prefix}/`;
});
