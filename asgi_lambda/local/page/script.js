// The inspector's page: a list that follows the stream, and one invocation in parts.
// Text from outside becomes text nodes alone, never markup.

const SECRET = /^(authorization|proxy-authorization|cookies?|set-cookie|x-api-key|x-amz-security-token)$/i;
const PARTS = {
  "HTTP in": (found) => http(found.http_in),
  Event: event,
  Scope: (found) => (found.scope ? [json(found.scope)] : unseen("scope")),
  Messages: messages,
  "Lambda response": response,
  "HTTP out": (found) => (found.http_out ? http(found.http_out) : [note("No answer yet.")]),
  Log: log,
};

const by = (id) => document.getElementById(id);
const exchanges = new Map();
let chosen = null;
let shown = null;
let part = "HTTP in";
let tapped = true;

// Elements: make("td", {class: "mono"}, "text", another)
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const note = (text) => make("p", { class: "none" }, text);

function unseen(what) {
  const why = tapped
    ? `The request did not get to the application, so there is no ${what}.`
    : `The handler is none of asgi_lambda, so its ${what} cannot be seen.`;
  return [note(why)];
}

function milliseconds(value) {
  if (value === null) return "";
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

function size(bytes) {
  return bytes === 1 ? "1 byte" : `${bytes.toLocaleString("en")} bytes`;
}

// A value that is shown once it is clicked.
function secret(name, text) {
  const button = make("button", { type: "button", class: "secret", "aria-label": `show ${name}` }, "••••••");
  button.addEventListener("click", () => {
    const open = button.textContent === text;
    button.textContent = open ? "••••••" : text;
    button.setAttribute("aria-label", `${open ? "show" : "hide"} ${name}`);
  });
  return button;
}

// JSON with its secrets masked, as a <pre>. A pair such as ["cookie", "a=1"] is a header too.
function json(value) {
  const out = make("pre");
  write(out, value, "", "");
  return out;
}

function write(out, value, indent, hidden) {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const pair = value.length === 2 && typeof value[0] === "string" && SECRET.test(value[0]);
    if (value.length === 0 || value.every((each) => each === null || typeof each !== "object")) {
      out.append("[");
      value.forEach((each, at) => {
        if (at) out.append(", ");
        write(out, each, indent, pair && at ? value[0] : hidden);
      });
      out.append("]");
      return;
    }
    out.append("[\n");
    value.forEach((each, at) => {
      out.append(deeper);
      write(out, each, deeper, hidden);
      out.append(at < value.length - 1 ? ",\n" : "\n");
    });
    out.append(`${indent}]`);
  } else if (value !== null && typeof value === "object") {
    const keys = Object.keys(value);
    if (keys.length === 0) {
      out.append("{}");
      return;
    }
    out.append("{\n");
    keys.forEach((key, at) => {
      out.append(deeper, make("span", { class: "key" }, JSON.stringify(key)), ": ");
      write(out, value[key], deeper, SECRET.test(key) ? key : hidden);
      out.append(at < keys.length - 1 ? ",\n" : "\n");
    });
    out.append(`${indent}}`);
  } else if (hidden && value !== null) {
    out.append(secret(hidden, JSON.stringify(value)));
  } else {
    out.append(JSON.stringify(value));
  }
}

function http(side) {
  const rows = side.headers.map(([name, value]) =>
    make("tr", {}, make("th", { scope: "row", class: "mono" }, name),
      make("td", { class: "mono" }, SECRET.test(name) ? secret(name, value) : value)));
  const head = [make("pre", {}, side.line)];
  if (side.client) head.push(make("p", {}, `from ${side.client}`));
  return [...head, make("h3", {}, "Headers"), make("table", {}, make("tbody", {}, ...rows)), ...body(side.body)];
}

function body(found) {
  if (found.size === 0) return [make("h3", {}, "Body"), note("Empty.")];
  const kind = found.encoding === "base64" ? ", binary, as base64" : "";
  const cut = found.cut ? ", the first part" : "";
  return [make("h3", {}, `Body: ${size(found.size)}${kind}${cut}`), make("pre", {}, found.text)];
}

function event(found) {
  if (!found.event) return [note("The front door refused the request, so there is no event.")];
  const file = `/_lambda/exchanges/${found.id}/event.json`;
  const said = make("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await (await fetch(file)).text());
      said.textContent = "Copied.";
    } catch (error) {
      said.textContent = `Not copied: ${error.message}`;
    }
  };
  const tools = make("div", { class: "tools" },
    make("button", { type: "button", id: "copy", onclick: copy }, "Copy"),
    make("a", { href: file, download: `event-${found.id}.json` }, "Save as a file"), said);
  const usage = make("p", { class: "none" }, "For ", make("code", {}, "sam local invoke -e FILE"), " or ",
    make("code", {}, "asgi-lambda invoke TARGET --event FILE"), ". Copy and file have the secrets.");
  return [tools, usage, json(found.event)];
}

function messages(found) {
  if (found.messages.length === 0) return unseen("messages");
  const end = Math.max(...found.messages.map((each) => each.at), 0.001);
  const rows = found.messages.map((each, at) => {
    // From the message before to this one.
    const began = at ? found.messages[at - 1].at : 0;
    const mark = make("span", { class: "mark" });
    mark.style.marginLeft = `${(began / end) * 99}%`;
    mark.style.width = `${((each.at - began) / end) * 99}%`;
    return make("tr", {},
      make("td", { class: "number" }, milliseconds(each.at)),
      make("td", {}, each.direction),
      make("td", {}, make("details", {}, make("summary", { class: "mono" }, each.type ?? "?"), json(each.message))),
      make("td", { class: "track" }, mark));
  });
  const names = ["after", "call", "message"].map((name) =>
    make("th", { scope: "col", class: name === "after" ? "number" : "" }, name));
  return [make("div", { class: "scroll" }, make("table", {},
    make("thead", {}, make("tr", {}, ...names, make("th", { class: "track" }))), make("tbody", {}, ...rows)))];
}

function response(found) {
  if (found.error) return [make("h3", {}, "The function failed"), make("pre", { class: "bad" }, found.error)];
  if (found.function === null) return [note("The function was not invoked.")];
  return found.running ? [note("The function is still running.")] : [json(found.response)];
}

function log(found) {
  if (found.log.length === 0) return [note("Nothing was logged or printed.")];
  const rows = found.log.map((each) => make("tr", {},
    make("td", { class: "number" }, milliseconds(each.at)),
    make("td", { class: /ERROR|CRITICAL/.test(each.level) ? "bad" : each.level === "WARNING" ? "warn" : "" },
      each.level.toLowerCase()),
    make("td", {}, make("pre", {}, each.text))));
  return [make("table", {}, make("tbody", {}, ...rows))];
}

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
      (exchange.running ? ", running" : "") + (exchange.refused ? ", refused by the front door" : "")));
  if (!known) {
    button.addEventListener("click", () => choose(exchange.id, true));
    by("list").prepend(make("li", {}, button));
  }
  exchanges.set(exchange.id, { exchange, button });
  by("empty").hidden = true;
  filter();
  if (exchange.id === chosen) load();
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

function choose(id, focus) {
  chosen = id;
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
  if (!answer.ok || id !== chosen) return;
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
  const typing = pressed.target.matches("input");
  if (pressed.key === "Escape") {
    if (typing) by("filter").value = "";
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
  tapped = door.tapped;
  by("door").textContent = door.source;
  by("home").href = `${door.prefix}/`;
});
