// The page of the agent: what fails in groups, what is found as it is found, and one handshake in full. What comes from the wire
// becomes text of nodes, never markup.
"use strict";

const KEPT = 500; // rows of handshakes
const DRAWN = 250; // ms between two drawings
const SUMMARY = 5000; // ms between two summaries
const SILENCE = 30000; // ms without a word after which a connection is dead

const get = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

const held = {
  token: "", position: "start", rows: [], byId: new Map(), problems: [], causes: new Map(),
  missed: 0, lost: 0, paused: false, changed: false, filter: "", stream: null, heard: 0, open: null,
};

/** An element with attributes and children; text becomes text nodes. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function draw(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const clock = (time) => time ? time.slice(11, 19) : "";
const socket = (peer) => (peer.address.includes(":") ? `[${peer.address}]` : peer.address) + `:${peer.port}`;
const called = (peer) => peer.pod ? `${peer.namespace}/${peer.pod}` : peer.service ? `${peer.namespace}/${peer.service}` : socket(peer);
const sniOf = (handshake) => handshake.client_hello?.sni ?? handshake.sni ?? "";
const ms = (value) => value < 10 ? `${value.toFixed(2)} ms` : value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;

/** Asks the agent; a 401 asks the person for the token and asks again. */
async function ask(path, options = {}) {
  for (;;) {
    const { token } = held;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(path, { ...options, headers, cache: "no-store" });
    if (answer.status !== 401) return answer;
    // Another question may have brought the token since, or be about to.
    if (asking || token === held.token) await askToken();
  }
}

let asking = null;
function askToken() {
  if (held.token) get("token-wrong").hidden = false;
  held.token = "";
  say("lost", "waiting for the token");
  asking ??= new Promise((resolve) => {
    get("ask").showModal();
    // Without the token there is nothing to see.
    get("ask").onclose = () => { if (asking) get("ask").showModal(); };
    get("token-form").onsubmit = (event) => {
      event.preventDefault();
      held.token = get("token").value.trim();
      get("token").value = "";
      get("token-wrong").hidden = true;
      asking = null;
      get("ask").close();
      say("", "connecting");
      resolve();
    };
  });
  return asking;
}

function say(state, text) {
  const element = get("state");
  if (element.textContent !== text) element.textContent = text;
  element.className = state;
}

/** The words of the filter as a query. */
function query(words) {
  const pairs = new URLSearchParams();
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const at = word.indexOf("=");
    pairs.append(at < 0 ? word : word.slice(0, at), at < 0 ? "" : word.slice(at + 1));
  }
  return pairs;
}

function forget() {
  held.rows = [];
  held.byId.clear();
  held.position = "start";
  held.changed = true;
}

/** Reads the stream for as long as the page lives; what breaks off goes on where it was. */
async function follow() {
  for (;;) {
    const control = held.stream = new AbortController();
    try {
      await readStream(control);
      say("lost", "the agent ended the stream; trying again");
    } catch (error) {
      if (!control.signal.aborted) say("lost", "lost the agent; trying again");
      else if (control.signal.reason === "silence") say("lost", "the agent is silent; trying again");
      else continue;
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

async function readStream(control) {
  const pairs = query(held.filter);
  pairs.set("since", held.position);
  held.heard = Date.now();
  const answer = await ask(`api/v1/stream?${pairs}`, { signal: control.signal });
  get("wrong").hidden = answer.ok || answer.status !== 400;
  if (!answer.ok) {
    const said = (await answer.text()).trim();
    if (answer.status !== 400) throw new Error(said);
    get("wrong").textContent = said;
    say("lost", "the filter is wrong");
    return new Promise((_, reject) => control.signal.addEventListener("abort", reject));
  }
  const decoder = new TextDecoder();
  const reader = answer.body.getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    held.heard = Date.now();
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) take(JSON.parse(line));
    say("live", "live");
  }
}

function take(event) {
  held.position = event.position ?? held.position;
  if (event.type === "loss" && event.where === "stream") held.missed += event.count;
  else if (event.type === "loss") held.lost += event.count;
  else if (event.type === "handshake") keep(event);
  else if (event.type === "revision") revise(event);
  held.changed = true;
}

function keep(handshake) {
  if (held.byId.has(handshake.id)) return;
  held.byId.set(handshake.id, handshake);
  held.rows.push(handshake);
  if (held.rows.length > KEPT) held.byId.delete(held.rows.shift().id);
}

/** What is said now stands in place of what was said. */
function revise(revision) {
  const { cause, confidence, evidence, next, was } = revision;
  const known = held.byId.get(revision.id);
  if (known) Object.assign(known, { cause, confidence, evidence, next, was });
}

async function summarize() {
  try {
    const answer = await ask("api/v1/summary");
    if (answer.ok && !held.paused) {
      const summary = await answer.json();
      held.problems = summary.problems;
      drawProblems(summary);
    }
  } catch { /* the stream says that the agent is lost */ }
  setTimeout(summarize, SUMMARY);
}

/** Replaces the rows of a table, and leaves the focus where it was. */
function fill(section, rows) {
  const body = section.querySelector("tbody");
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  body.replaceChildren(...rows);
  section.querySelector(".empty").hidden = rows.length > 0;
  if (focused !== null) rows.find((row) => row.dataset.key === focused)?.focus();
}

function row(key, isOpen, cells, open) {
  const element = make("tr", { tabindex: "0", "data-key": key, "aria-selected": String(isOpen) }, ...cells);
  element.onclick = open;
  element.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); open(); } };
  return element;
}

const keyOf = (problem) => [problem.cause, problem.endpoint, problem.name ?? "", problem.other_names].join(" ");

function drawProblems(summary) {
  fill(get("problems"), held.problems.map((problem) => {
    const name = problem.other_names ? "(many more)" : problem.name ?? "(no name)";
    const clients = problem.clients.known + (problem.clients.other_failures ? "+" : "");
    const cells = [
      make("td", { class: "bad" }, problem.cause), make("td", {}, problem.endpoint),
      make("td", problem.name ? {} : { class: "dim" }, name), make("td", { class: "number" }, String(problem.count)),
      make("td", { class: "number" }, String(problem.last_minute)), make("td", {}, spark(problem.trend)),
      make("td", {}, clock(problem.first)), make("td", {}, clock(problem.last)), make("td", {}, clients),
    ];
    const key = keyOf(problem);
    return row(key, held.open === key, cells, () => showProblem(problem));
  }));
  get("forgotten").hidden = summary.forgotten_groups === 0;
  get("forgotten").textContent = `${summary.forgotten_groups} older groups with ${summary.forgotten_failures} failures made room`;
}

function spark(trend) {
  const most = Math.max(1, ...trend);
  const svg = draw("svg", { width: 122, height: 16, role: "img", "aria-label": `at most ${most} in 10 s` });
  trend.forEach((count, at) => {
    const height = count && Math.max(1.5, 16 * count / most);
    if (count) svg.append(draw("rect", { class: "spark", x: at * 2, y: 16 - height, width: 1.6, height }));
  });
  return svg;
}

function drawStream() {
  fill(get("stream"), held.rows.slice().reverse().slice(0, 200).map((handshake) => {
    const what = handshake.cause ?? handshake.outcome;
    const kind = handshake.cause ? "bad" : handshake.outcome === "established" ? "good" : "dim";
    const { by, how, after_ms: after } = handshake.ended;
    const ended = how === "none" ? "" : `${by} ${how}${after === null ? "" : `, ${ms(after)}`}`;
    const cells = [clock(handshake.time), called(handshake.client), called(handshake.server), sniOf(handshake)]
      .map((text) => make("td", {}, text));
    cells.push(make("td", { class: kind }, what + (handshake.was ? " (revised)" : "")), make("td", {}, ended));
    return row(handshake.id, held.open === handshake.id, cells, () => showHandshake(handshake));
  }));
}

function drawMissed() {
  const said = [];
  if (held.missed) said.push(`this page missed ${held.missed}`);
  if (held.lost) said.push(`the agent did not see ${held.lost}`);
  get("missed").hidden = said.length === 0;
  get("missed").textContent = said.join("; ");
}

function show(key, title, ...parts) {
  held.open = key;
  const close = make("button", { class: "close" }, "Close");
  close.onclick = hide;
  get("detail").replaceChildren(make("h2", {}, title), close, ...parts.flat().filter(Boolean));
  get("detail").hidden = false;
  document.querySelector("main").className = "open";
  for (const one of document.querySelectorAll("tbody tr")) one.setAttribute("aria-selected", String(one.dataset.key === key));
}

function hide() {
  const key = held.open;
  held.open = null;
  get("detail").hidden = true;
  document.querySelector("main").className = "";
  for (const one of document.querySelectorAll("tbody tr")) {
    one.setAttribute("aria-selected", "false");
    if (one.dataset.key === key) one.focus();
  }
}

function facts(pairs) {
  const list = make("dl");
  for (const [key, value] of pairs) {
    if (value !== null && value !== undefined && value !== "") list.append(make("dt", {}, key), make("dd", {}, String(value)));
  }
  return list;
}

function causeButton(cause) {
  const button = make("button", { id: "cause-page" }, `What ${cause} means`);
  button.onclick = () => showCause(cause);
  return button;
}

function showProblem(problem) {
  const clients = problem.clients.most.map((client) => [client.pod ?? client.address, `${client.count} failures`]);
  const samples = problem.samples.map((id) => held.byId.get(id)).filter(Boolean).map((handshake) => {
    const button = make("button", {}, `${clock(handshake.time)} ${called(handshake.client)}`);
    button.onclick = () => showHandshake(handshake);
    return make("li", {}, button);
  });
  show(keyOf(problem), problem.cause, make("p", {}, problem.meaning), make("p", {}, make("strong", {}, "Next: "), problem.next),
    causeButton(problem.cause),
    facts([["endpoint", problem.endpoint], ["name", problem.name ?? (problem.other_names ? "many more than are told apart" : "none")],
      ["failures", problem.count], ["confidence", problem.confidence], ["first", problem.first], ["last", problem.last]]),
    make("h3", {}, "Clients that failed most"), facts(clients),
    samples.length ? [make("h3", {}, "Examples"), make("ul", {}, ...samples)] : null);
}

function showHandshake(handshake) {
  const hello = handshake.client_hello;
  const server = handshake.server_hello;
  const certificate = handshake.certificate;
  show(handshake.id, handshake.cause ?? handshake.outcome,
    handshake.next ? make("p", {}, make("strong", {}, "Next: "), handshake.next) : null,
    handshake.cause ? causeButton(handshake.cause) : null,
    ladder(handshake),
    make("h3", {}, "Evidence"), make("ul", {}, ...handshake.evidence.map((line) => make("li", {}, line))),
    handshake.capture.complete ? null : make("p", { class: "bad" }, `Not seen: ${handshake.capture.missing.join(", ")}`),
    make("h3", {}, "Handshake"),
    facts([["id", handshake.id], ["time", handshake.time], ["node", handshake.node], ["interface", handshake.interface],
      ["client", socket(handshake.client)], ["client pod", handshake.client.pod], ["server", socket(handshake.server)],
      ["server pod", handshake.server.pod], ["outcome", handshake.outcome], ["stage", handshake.stage],
      ["confidence", handshake.confidence], ["said before", handshake.was?.cause]]),
    legWords(handshake),
    hello && [make("h3", {}, "ClientHello"), facts([["name", hello.sni ?? `none (${hello.sni_absent})`], ["versions", hello.versions.join(", ")],
      ["ALPN", hello.alpn.join(", ")], ["bytes", hello.bytes], ["JA4", hello.ja4]])],
    server && [make("h3", {}, "ServerHello"), facts([["version", server.version], ["cipher suite", server.cipher_suite_name ?? server.cipher_suite], ["ALPN", server.alpn]])],
    certificate && [make("h3", {}, "Certificate"), facts([["subject", certificate.subject], ["issuer", certificate.issuer],
      ["names", certificate.names?.join(", ")], ["not before", certificate.not_before], ["not after", certificate.not_after], ["covers the name", certificate.covers_sni]])],
    make("details", {}, make("summary", {}, "JSON"), make("pre", {}, JSON.stringify(handshake, null, 1))));
}

/** The steps of a handshake in order: who speaks, what, and when where that is known. */
function steps(handshake) {
  const { connect, client_hello: toHello, server_hello: toAnswer, finished } = handshake.timing_ms;
  const hello = handshake.client_hello;
  const isQuic = handshake.transport === "quic";
  const found = [];
  let at = 0;
  if (!isQuic) {
    found.push(["client", "SYN", 0]);
    if (connect !== null) found.push(["server", "SYN/ACK", at = connect]);
  }
  if (hello) {
    at = at === null || toHello === null ? null : at + toHello;
    found.push(["client", `ClientHello, ${hello.bytes} bytes, ${hello.sni ?? "no name"}`, at]);
  }
  const helloAt = hello ? at : 0;
  if (handshake.server_hello) {
    at = at === null || toAnswer === null ? null : at + toAnswer;
    found.push(["server", `ServerHello, ${handshake.server_hello.version}`, at]);
    if (handshake.certificate) found.push(["server", "Certificate", null]);
  }
  if (finished !== null) found.push(["client", "Finished", at === null ? null : at + finished]);
  const { by, how, after_ms: after } = handshake.ended;
  const end = after === null || helloAt === null ? null : helloAt + after;
  const kind = handshake.cause ? "bad" : "";
  handshake.alerts.forEach((alert, number) => {
    const isEnd = how === "alert" && number === handshake.alerts.length - 1;
    found.push([alert.from, `alert ${alert.description ?? "(encrypted)"}`, isEnd ? end : null, kind, isEnd]);
  });
  const words = { reset: isQuic ? "CONNECTION_CLOSE" : "RST", close: "FIN", timeout: "no answer" };
  if (words[how]) found.push([by, words[how], end, kind, true]);
  return found;
}

/** The interfaces that it passed, the nearest to the client first. */
const legsOf = (handshake) => handshake.legs?.length ? handshake.legs : [{ interface: handshake.interface, ended: handshake.ended }];

/** From where to where the end went: from a side, or from between the last upright that it passed and the next that it did not. */
function way(handshake, uprights) {
  const { by, how } = handshake.ended;
  const [left, right] = [uprights[0], uprights.at(-1)];
  const between = (one, other) => (uprights[one] + uprights[other]) / 2;
  const saw = legsOf(handshake).map((leg) => leg.ended?.how === how);
  const [first, last] = [saw.indexOf(true), saw.lastIndexOf(true)];
  if (first > 0 && by !== "server") return [between(first, first + 1), right];
  if (last >= 0 && last < saw.length - 1 && by !== "client") return [between(last + 1, last + 2), left];
  if (by === "client") return [left, right];
  return [by === "server" ? right : (left + right) / 2, left];
}

/** Client, the interfaces that watched, and server as columns; each step an arrow. */
function ladder(handshake) {
  const found = steps(handshake);
  const legs = legsOf(handshake);
  const [left, right, top, step] = [30, 400, 46, 34];
  const height = top + step * found.length + 10;
  const uprights = [left, ...legs.map((_, at) => left + (right - left) * (at + 1) / (legs.length + 1)), right];
  const svg = draw("svg", { id: "ladder", viewBox: `0 0 470 ${height}`, width: "100%", role: "img",
    "aria-label": `${legs.map((leg) => leg.interface).join(", ")}: ` + found.map(([who, what, at]) => `${who}: ${what}${at === null ? "" : ` at ${ms(at)}`}`).join("; ") });
  const short = (name, most) => name.length > most ? `${name.slice(0, most - 1)}…` : name;
  svg.append(draw("text", { x: 4, y: 12 }, short(called(handshake.client), 32)));
  svg.append(draw("text", { x: 466, y: 12, "text-anchor": "end" }, short(called(handshake.server), 36)));
  legs.forEach((leg, at) => svg.append(draw("text", { x: uprights[at + 1], y: 28, "text-anchor": "middle", class: "dim leg" }, short(leg.interface, 40 / legs.length))));
  uprights.forEach((x, at) => svg.append(draw("line", { class: "rail", x1: x, x2: x, y1: at % (legs.length + 1) ? 34 : 18, y2: height, "stroke-dasharray": at % (legs.length + 1) ? "2 4" : "none" })));
  found.forEach(([who, what, at, kind = "", isEnd], number) => {
    const y = top + step * number + 16;
    const [from, to] = isEnd ? way(handshake, uprights) : who === "server" ? [right, left] : [left, right];
    const point = to > from ? -7 : 7;
    svg.append(draw("text", { x: (from + to) / 2, y: y - 5, "text-anchor": "middle", class: kind }, short(what, 46)));
    svg.append(draw("line", { class: `arrow ${kind}`, x1: from, x2: to, y1: y, y2: y }));
    svg.append(draw("path", { class: `head ${kind}`, d: `M${to} ${y}l${point} -4v8z` }));
    if (at !== null) svg.append(draw("text", { x: 466, y: y + 4, "text-anchor": "end", class: "dim" }, ms(at)));
  });
  return svg;
}

/** Each leg in words: what it was called there, and whether the end passed it. */
function legWords(handshake) {
  if (!handshake.legs?.length) return null;
  const end = ({ ended }) => ended === null ? "no end seen" : ended.how === "none" ? "" : `${ended.by} ${ended.how}${ended.after_ms === null ? "" : `, ${ms(ended.after_ms)}`}`;
  return [make("h3", {}, "Interfaces on the way"),
    facts(handshake.legs.map((leg) => [leg.interface, [`${socket(leg.client)} to ${socket(leg.server)}`, end(leg)].filter(Boolean).join("; ")]))];
}

async function showCause(cause) {
  if (!held.causes.has(cause)) {
    const answer = await ask(`api/v1/causes?cause=${encodeURIComponent(cause)}`);
    if (answer.ok) held.causes.set(cause, (await answer.json()).causes[0].page);
  }
  const page = held.causes.get(cause);
  show(held.open, cause, make("div", { id: "page" }, ...markdown(page ?? "The agent did not answer.")));
  get("detail").focus();
}

/** As much of Markdown as the pages of causes use. */
function markdown(text) {
  const blocks = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const until = (isIn) => { const from = at; while (at < lines.length && isIn(lines[at])) at += 1; return lines.slice(from, at); };
    if (line.startsWith("```")) {
      at += 1;
      blocks.push(make("pre", {}, until((one) => !one.startsWith("```")).join("\n")));
      at += 1;
    } else if (line.startsWith("# ")) at += 1;
    else if (line.startsWith("## ")) { blocks.push(make("h3", {}, ...spans(line.slice(3)))); at += 1; }
    else if (/^(- |\d+\. )/.test(line)) {
      const items = [];
      for (const one of until((next) => next.trim() !== "")) {
        if (/^(- |\d+\. )/.test(one)) items.push(one.replace(/^(- |\d+\. )/, "")); else items.push(`${items.pop()} ${one.trim()}`);
      }
      blocks.push(make(line.startsWith("-") ? "ul" : "ol", {}, ...items.map((item) => make("li", {}, ...spans(item)))));
    } else if (line.startsWith("|")) blocks.push(tableOf(until((one) => one.startsWith("|"))));
    else if (line.trim() === "") at += 1;
    else blocks.push(make("p", {}, ...spans(until((one) => one.trim() !== "" && !/^(```|#|\||- )/.test(one)).join(" "))));
  }
  return blocks;
}

function tableOf(lines) {
  const cells = (line, name) => line.split("|").slice(1, -1).map((cell) => make(name, {}, ...spans(cell.trim())));
  const rows = lines.filter((line) => !/^\|[-| :]+\|$/.test(line));
  return make("div", { class: "scroll" }, make("table", {}, ...rows.map((line, at) => make("tr", {}, ...cells(line, at ? "td" : "th")))));
}

function spans(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/).filter(Boolean).map((part) => {
    if (part.startsWith("`")) return make("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return make("strong", {}, part.slice(2, -2));
    return part.startsWith("[") && part.includes("](") ? part.slice(1, part.indexOf("](")) : part;
  });
}

function move(by) {
  const rows = [...document.querySelectorAll("tbody tr")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
}

function pause() {
  held.paused = !held.paused;
  get("pause").setAttribute("aria-pressed", String(held.paused));
  get("pause").textContent = held.paused ? "Paused: go on" : "Pause";
  held.changed = true;
}

/** Every key, what it does, and how. */
const KEYS = [
  ["/", "Filter", () => get("words").focus()],
  ["j", "Next row", () => move(1)],
  ["k", "Previous row", () => move(-1)],
  ["Enter", "Open the row", null],
  ["Escape", "Close what is open", hide],
  ["c", "The page of the cause", () => get("cause-page")?.click()],
  ["p", "Pause and go on", pause],
  ["?", "These keys", () => get("keys").showModal()],
];

function begin() {
  for (const [key, what] of KEYS) get("keys").querySelector("dl").append(make("dt", {}, make("kbd", {}, key)), make("dd", {}, what));
  get("keys-open").onclick = () => get("keys").showModal();
  get("pause").onclick = pause;
  get("filter").onsubmit = (event) => {
    event.preventDefault();
    held.filter = get("words").value;
    forget();
    held.stream?.abort("filter");
    get("words").blur();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input")) { if (event.key === "Escape") event.target.blur(); return; }
    const [, , act] = KEYS.find(([key]) => key === event.key) ?? [];
    if (act) { event.preventDefault(); act(); }
  });
  setInterval(() => { if (held.changed && !held.paused) { held.changed = false; drawStream(); drawMissed(); } }, DRAWN);
  setInterval(() => { if (Date.now() - held.heard > SILENCE && !asking) held.stream?.abort("silence"); }, 1000);
  summarize();
  follow();
}

begin();
