// The parts of an invocation, each a function of what the server tells about it, to elements.
// Text from outside becomes text nodes alone, never markup.

export const SECRET = /^(authorization|proxy-authorization|cookies?|set-cookie|x-api-key|x-amz-security-token)$/i;

// Whether scope and messages can be seen: they can for handlers of asgi_lambda.
export const handler = { tapped: true };

// Elements: make("td", {class: "mono"}, "text", another)
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export const note = (text) => make("p", { class: "none" }, text);

function unseen(what) {
  const why = handler.tapped
    ? `The request did not get to the application, so there is no ${what}.`
    : `The handler is none of asgi_lambda, so its ${what} cannot be seen.`;
  return [note(why)];
}

export function milliseconds(value) {
  if (value === null) return "";
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

function size(bytes) {
  return bytes === 1 ? "1 byte" : `${bytes.toLocaleString("en")} bytes`;
}

// A value that is shown once it is clicked.
export function secret(name, text) {
  const button = make("button", { type: "button", class: "secret", "aria-label": `show ${name}` }, "••••••");
  button.addEventListener("click", () => {
    const open = button.textContent === text;
    button.textContent = open ? "••••••" : text;
    button.setAttribute("aria-label", `${open ? "show" : "hide"} ${name}`);
  });
  return button;
}

// JSON with its secrets masked, as a <pre>. A pair such as ["cookie", "a=1"] is a header too.
export function json(value) {
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

export const PARTS = {
  "HTTP in": (found) => http(found.http_in),
  Event: event,
  Scope: (found) => (found.scope ? [json(found.scope)] : unseen("scope")),
  Messages: messages,
  "Lambda response": response,
  "HTTP out": (found) => (found.http_out ? http(found.http_out) : [note("No answer yet.")]),
  Log: log,
};
