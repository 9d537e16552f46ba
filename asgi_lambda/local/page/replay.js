// Sending a request once more, and telling two invocations apart.

import { SECRET, make, note, secret } from "/_lambda/parts.js";

// The front doors that there are; the stream fills it.
export const doors = [];

const MASK = "••••••";

// A form that sends the request again; done: called with the id of the new invocation.
export function replay(found, done) {
  if (!doors.includes(found.source)) return [note("What happened to a socket cannot be sent again.")];
  const given = found.http_in;
  const binary = given.body.encoding === "base64" || given.body.cut;
  const lines = given.headers.map(([name, value]) => `${name}: ${SECRET.test(name) ? MASK : value}`);
  const through = make("select", { id: "replay-source" },
    ...doors.map((each) => make("option", each === found.source ? { selected: "" } : {}, each)));
  const method = make("input", { id: "replay-method", value: found.method, size: "8", required: "" });
  const path = make("input", { id: "replay-path", value: found.path, required: "" });
  const headers = make("textarea", { id: "replay-headers", rows: String(lines.length + 1), spellcheck: "false" });
  const body = make("textarea", { id: "replay-body", rows: "6", spellcheck: "false" });
  headers.value = lines.join("\n");
  body.value = binary ? "" : given.body.text;
  body.disabled = binary;
  const said = make("p", { role: "alert" });

  const send = async (pressed) => {
    pressed.preventDefault();
    const changes = { source: through.value, method: method.value, path: path.value };
    changes.headers = pairs(headers.value, given.headers);
    if (!binary && body.value !== given.body.text) changes.body = body.value;
    const answer = await fetch(`/_lambda/exchanges/${found.id}/replay`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(changes),
    });
    if (answer.ok) done((await answer.json()).id);
    else said.textContent = await answer.text();
  };
  return [
    note("The application gets the request once more, and does again what it did."),
    make("form", { class: "replay", onsubmit: send },
      make("label", { for: "replay-source" }, "Front door"), through,
      make("label", { for: "replay-method" }, "Method"), method,
      make("label", { for: "replay-path" }, "Path behind stage and base path"), path,
      make("label", { for: "replay-headers" }, "Headers"), headers,
      make("label", { for: "replay-body" }, binary ? "Body, which is sent as it was" : "Body"), body,
      make("button", { type: "submit", id: "send" }, "Send again")), said];
}

// Lines of "name: value"; a masked value is the one that was given, by name and order.
function pairs(text, given) {
  const masked = new Map();
  for (const [name, value] of given) masked.set(name, [...(masked.get(name) ?? []), value]);
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    return [name, value === MASK ? masked.get(name)?.shift() ?? value : value];
  });
}

// What differs between an invocation and another one, which can be chosen.
export function compare(found, all) {
  const others = all.filter((each) => each.id !== found.id).reverse();
  if (others.length === 0) return [note("There is no other invocation to compare with.")];
  const choice = make("select", { id: "other" }, ...others.map((each) =>
    make("option", { value: each.id, ...(each.id === found.replays ? { selected: "" } : {}) },
      `${each.source} ${each.method} ${each.target}, ${new Date(each.received).toLocaleTimeString()}`)));
  const place = make("div");
  const load = async () => {
    const answer = await fetch(`/_lambda/exchanges/${choice.value}`);
    place.replaceChildren(...(answer.ok ? differences(await answer.json(), found) : [note("It is gone.")]));
  };
  choice.addEventListener("change", load);
  load();
  return [make("p", { class: "tools" }, make("label", { for: "other" }, "Compare with"), choice), place];
}

function differences(one, two) {
  const [left, right] = [flat(one), flat(two)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort(order);
  const rows = names.filter((name) => left.get(name) !== right.get(name)).map((name) => {
    const hidden = name.split(" ").some((word) => SECRET.test(word));
    const cell = (value) => make("td", { class: "mono" },
      value === undefined ? make("span", { class: "none" }, "absent") : hidden ? secret(name, value) : value);
    return make("tr", {}, make("th", { scope: "row" }, name), cell(left.get(name)), cell(right.get(name)));
  });
  const equal = note(`${names.length - rows.length} values are equal.`);
  if (rows.length === 0) return [equal];
  const heads = ["", `${one.source} ${one.target}`, `${two.source} ${two.target}, this one`];
  return [make("div", { class: "scroll" }, make("table", { id: "differences" },
    make("thead", {}, make("tr", {}, ...heads.map((each) => make("th", { scope: "col" }, each)))),
    make("tbody", {}, ...rows))), equal];
}

// What the application saw first, then what the client got.
function order(one, two) {
  return two.startsWith("scope") - one.startsWith("scope") || one.localeCompare(two);
}

// Every value of what the application saw and what the client got, by its name.
function flat(found) {
  const values = new Map();
  const scope = { ...found.scope };
  for (const own of ["aws.event", "aws.context", "headers"]) delete scope[own];
  for (const [name, value] of Object.entries(scope)) values.set(`scope ${name}`, JSON.stringify(value));
  joined(values, "scope header", found.scope?.headers ?? []);
  values.set("HTTP out status", found.http_out?.line);
  joined(values, "HTTP out header", found.http_out?.headers ?? []);
  values.set("HTTP out body", found.http_out?.body.text);
  return values;
}

function joined(values, kind, headers) {
  for (const [name, value] of headers) {
    const key = `${kind} ${name}`;
    values.set(key, values.has(key) ? `${values.get(key)}\n${value}` : value);
  }
}
