// The page: listens to the stream of snapshots, and shows the server that is looked at.

import { $, list, make, say } from "./dom.js";
import { firstPage, showConnections } from "./connections.js";
import { useControls } from "./controls.js";
import { showFigures } from "./figures.js";
import { Rates } from "./rates.js";

// The most lines of what happened, and how often options are asked for, in snapshots.
const LOG_MAX = 100;
const OPTIONS_EVERY = 5;

const rates = new Map();
let snapshot = null;
let current = null;
let shownProtocol = null;
let optionsAge = OPTIONS_EVERY;
let options = [];
let source = null;
let busy = false;
let wanted = false;
let introduced = false;

const chosen = () => Number(new URLSearchParams(location.hash.slice(1)).get("server"));

async function json(path) {
  const answer = await fetch(path);
  return answer.ok ? answer.json() : null;
}

// Says whose page it is. If that fails, the next snapshot asks again.
async function introduce() {
  if (introduced) {
    return;
  }
  introduced = true;
  const about = await json("api/about").catch(() => null);
  if (!about) {
    introduced = false;
    return;
  }
  say($("program"), about.program);
  say($("process"), `process ${about.process}, page ${about.version}`);
  document.title = `${about.program} · servers`;
  if (about.controls) {
    useControls(() => current);
  }
}

function take(event) {
  const before = snapshot;
  snapshot = JSON.parse(event.data);
  for (const server of snapshot.servers) {
    if (!rates.has(server.number)) {
      rates.set(server.number, new Rates());
    }
    rates.get(server.number).add(snapshot.at, server);
  }
  for (const number of [...rates.keys()]) {
    if (!snapshot.servers.some((server) => server.number === number)) {
      rates.delete(number);
    }
  }
  if (before) {
    tell(before);
  }
  introduce();
  show();
}

function show() {
  if (!snapshot) {
    return;
  }
  const server = snapshot.servers.find(({ number }) => number === chosen()) ?? snapshot.servers[0];
  list($("servers"), snapshot.servers, ({ number }) => number, (one) => make("li", {}, make("a", { href: `#server=${one.number}`, text: one.name })), (item, one) => {
    const link = item.firstChild;
    say(link, one.name);
    if (one === server) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  });
  $("server").hidden = !server;
  $("notice").hidden = Boolean(server);
  if (!server) {
    say($("notice"), "No server runs in this program. The page shows one as soon as it starts.");
    current = null;
    return;
  }
  if (current !== server.number) {
    current = server.number;
    firstPage();
    showProtocol(null);
    shownProtocol = null;
    options = [];
    showOptions();
    optionsAge = OPTIONS_EVERY;
  }
  showFigures(server, rates.get(server.number));
  details(server.number);
}

// Asks for what only one server's part of the page shows, one request after the other. What is asked
// for meanwhile comes next; what fails, with the next snapshot.
async function details(number) {
  wanted = busy;
  if (busy) {
    return;
  }
  busy = true;
  try {
    await showConnections(number, snapshot.at, () => details(current));
    const tree = await json(`api/servers/${number}/tree`);
    if (tree && number === current) {
      list($("tree"), [tree], ({ label }) => label, branch, grow);
    }
    if (shownProtocol !== number) {
      const table = await json(`api/servers/${number}/protocol`);
      if (table && number === current) {
        showProtocol(table);
        shownProtocol = number;
      }
    }
    optionsAge += 1;
    if (optionsAge > OPTIONS_EVERY) {
      const answered = await json(`api/servers/${number}/options`);
      if (answered && number === current) {
        options = answered;
        optionsAge = 0;
        showOptions();
      }
    }
  } catch {
    // The stream tells when the page is back.
  } finally {
    busy = false;
    if (wanted && current !== null) {
      details(current);
    }
  }
}

const branch = () => make("li", {}, make("span"), make("ul"));

function grow(item, { label, children, more }) {
  say(item.firstChild, label);
  const below = more > 0 ? [...children, { label: `… ${more} more`, children: [], more: 0 }] : children;
  item.lastChild.hidden = below.length === 0;
  list(item.lastChild, below, (child, place) => `${place} ${child.label.split(":")[0]}`, branch, grow);
}

function showProtocol(table) {
  $("protocol_part").hidden = !table?.arms.length;
  if (!table) {
    return;
  }
  say($("packet"), `packet = ${table.packet}${table.ignore_case ? ", ignore_case" : ""}`);
  const states = ({ states, next }) => [states.join(", "), next.length ? `→ ${next.join(", ")}` : ""].join(" ").trim();
  $("protocol").replaceChildren(...table.arms.map((arm) => make(
    "tr",
    {},
    make("th", { scope: "row", text: arm.name }),
    make("td", { className: "mono", text: arm.guarded ? `${arm.pattern} if …` : arm.pattern }),
    make("td", { text: states(arm) }),
    make("td", { text: arm.closes }),
    make("td", { text: arm.docs }),
  )));
}

function showOptions() {
  const shown = options.filter((option) => !option.default || $("options_all").checked);
  list($("options"), shown, ({ name }) => name, ({ name }) => make(
    "tr",
    {},
    make("th", { scope: "row", text: name }),
    make("td", { className: "mono" }),
    make("td", { className: "quiet" }),
  ), (row, { value, origin }) => {
    say(row.cells[1], value ?? "none");
    say(row.cells[2], origin);
  });
}

// Writes down what has changed since the snapshot before.
function tell(before) {
  const then = new Map(before.servers.map((server) => [server.number, server]));
  for (const server of snapshot.servers) {
    const old = then.get(server.number);
    if (!old) {
      note(`${server.name} has started`);
      continue;
    }
    const restarts = server.restarts - old.restarts;
    if (restarts > 0) {
      note(`${server.name}: ${restarts} restarted`, "bad");
    }
    if (server.state !== old.state) {
      note(`${server.name} is ${server.state}`);
    }
    if (server.max_processes !== old.max_processes) {
      note(`${server.name}: max_processes is ${server.max_processes}`);
    }
    for (const [why, times] of Object.entries(server.refused)) {
      if (times > old.refused[why]) {
        note(`${server.name} refused ${times - old.refused[why]}: ${why}`, "bad");
      }
    }
    const panicked = "a callback panicked";
    if (server.closed[panicked] > old.closed[panicked]) {
      note(`${server.name}: ${panicked}`, "bad");
    }
    then.delete(server.number);
  }
  for (const [number, server] of then) {
    if (!snapshot.servers.some((one) => one.number === number)) {
      note(`${server.name} has ended`, "bad");
    }
  }
}

function note(text, className = "") {
  $("log_none").hidden = true;
  const at = new Date(snapshot.at);
  $("log").prepend(make("li", {}, make("time", { datetime: at.toISOString(), text: at.toLocaleTimeString() }), make("span", { className, text })));
  while ($("log").children.length > LOG_MAX) {
    $("log").lastChild.remove();
  }
}

function live(state, text) {
  $("live").dataset.state = state;
  say($("live"), text);
}

// A page that nobody sees asks for nothing.
function listen() {
  source?.close();
  source = null;
  if (document.hidden) {
    return;
  }
  source = new EventSource("api/events");
  source.addEventListener("open", () => live("live", "live"));
  source.addEventListener("message", take);
  source.addEventListener("error", () => {
    live("lost", "not connected");
    // The browser tries again by itself, unless it was answered.
    if (source?.readyState === EventSource.CLOSED) {
      setTimeout(listen, 5000);
    }
  });
}

document.addEventListener("visibilitychange", listen);
addEventListener("hashchange", show);
$("options_all").addEventListener("change", showOptions);
$("ended_all").addEventListener("change", show);
$("arms_all").addEventListener("change", show);

introduce();
listen();
