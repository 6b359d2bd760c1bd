// Shows the figures of a server: the cards, the graphs, calls by arm, and ends by reason.

import { $, bytes, count, figure, list, make, rate, say } from "./dom.js";
import { Graph, share } from "./graph.js";
import { POINTS } from "./rates.js";

const graph = (id, name, format, lines) => new Graph($(id), { name, format, lines, points: POINTS });
const GRAPHS = {
  calls: graph("graph_calls", "Calls a second", rate),
  accepted: graph("graph_accepts", "Accepted a second", rate),
  bytes: graph("graph_bytes", "Bytes a second, received and sent", bytes, ["", "second"]),
  connections: graph("graph_connections", "Connections", count),
};

export function showFigures(server, rates) {
  say($("name"), server.name);
  say($("state"), server.state);
  $("state").dataset.state = server.state;
  say($("listens"), server.listens.join("  "));
  for (const name of ["connections", "max_processes", "accepted", "calls", "restarts"]) {
    figure($(name), server[name]);
  }
  figure($("bytes_in"), server.bytes_in, bytes(server.bytes_in));
  figure($("bytes_out"), server.bytes_out, bytes(server.bytes_out));
  $("load").value = server.connections / Math.max(1, server.max_processes);
  for (const [id, name, format] of [["calls_rate", "calls", rate], ["accepts_rate", "accepted", rate], ["in_rate", "bytes_in", bytes], ["out_rate", "bytes_out", bytes]]) {
    figure($(id), rates.now(name), format(rates.now(name)));
  }
  const refused = Object.entries(server.refused).filter(([, times]) => times > 0);
  figure($("refused"), refused.reduce((sum, [, times]) => sum + times, 0));
  say($("refused_why"), refused.map(([why, times]) => `${why} ${count(times)}`).join(", ") || "none");
  $("restarts_card").classList.toggle("alarm", server.restarts > 0);
  $("refused_card").classList.toggle("hint", refused.length > 0);
  GRAPHS.calls.draw([rates.of("calls")]);
  GRAPHS.accepted.draw([rates.of("accepted")]);
  GRAPHS.bytes.draw([rates.of("bytes_in"), rates.of("bytes_out")]);
  GRAPHS.connections.draw([rates.of("connections")]);
  showArms(server, rates);
  showEnded(server);
  list($("states"), server.states, (state) => state.name, () => make("li"), (chip, state) => say(chip, `${state.name} ${count(state.connections)}`));
}

// The most arms of which those that never ran are shown unasked.
const ARMS_MAX = 10;

const time = (seconds) => {
  if (seconds === null || seconds === undefined) {
    return "–";
  }
  return seconds < 1e-3 ? `${(seconds * 1e6).toPrecision(3)} µs` : seconds < 1 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
};

function showArms(server, rates) {
  $("arms_part").hidden = server.arms.length === 0;
  const total = server.arms.reduce((sum, arm) => sum + arm.calls, 0);
  const timed = server.arms.some((arm) => arm.latency);
  document.querySelectorAll("th.latency").forEach((head) => (head.hidden = !timed));
  const many = server.arms.length > ARMS_MAX;
  $("arms_tick").hidden = !many;
  const all = server.arms.map((arm, place) => ({ arm, place }));
  const items = all.filter(({ arm }) => !many || arm.calls > 0 || $("arms_all").checked);
  list($("arms"), items, ({ arm, place }) => `${server.number} ${place} ${arm.name}`, ({ arm }) => {
    const bar = share();
    const row = make(
      "tr",
      {},
      make("th", { scope: "row", text: arm.name }),
      make("td", { className: "mono", text: arm.pattern }),
      make("td", { className: "number" }, make("data")),
      make("td", { className: "number" }),
      make("td", { className: "number latency" }),
      make("td", { className: "number latency" }),
      make("td", { className: "share" }, bar.svg),
    );
    row.setShare = bar.set;
    return row;
  }, (row, { arm, place }) => {
    figure(row.cells[2].firstChild, arm.calls);
    say(row.cells[3], rate(rates.arms.get(place) ?? 0));
    for (const [cell, name] of [[4, "p50"], [5, "p99"]]) {
      row.cells[cell].hidden = !timed;
      say(row.cells[cell], time(arm.latency?.[name]));
    }
    row.setShare(total > 0 ? arm.calls / total : 0);
  });
}

function showEnded(server) {
  const part = (what, counted) => Object.entries(counted).map(([why, times]) => ({ what, why, times }));
  const all = [
    ...part("ended", server.closed),
    ...part("refused", server.refused),
    ...part("late", server.timeouts),
    { what: "failed", why: "handshake", times: server.failed_handshakes },
    { what: "not taken", why: "message to a full mailbox", times: server.full_mailboxes },
  ];
  const shown = all.filter(({ times }) => times > 0 || $("ended_all").checked);
  list($("ended"), shown, ({ what, why }) => `${what} ${why}`, ({ what, why }) => make(
    "tr",
    {},
    make("td", { className: "quiet", text: what }),
    make("th", { scope: "row", text: why }),
    make("td", { className: "number" }, make("data")),
  ), (row, { times }) => figure(row.cells[2].firstChild, times));
}
