// Shows the connections of a server, a page of them at a time, and one of them alone.

import { $, age, bytes, count, figure, list, make, say } from "./dom.js";
import { control, hasControls } from "./controls.js";

const wanted = { sort: "age", ascending: false, page: 0 };
let at = 0;
let look = () => {};
let shown = null;

const path = (server, id) => `api/servers/${server}/connections/${encodeURIComponent(id.replace("#", ""))}`;

// Asks for the connections that are looked at; `again` is called when others are wanted.
export async function showConnections(number, now, again) {
  at = now;
  look = again;
  const asked = wanted.page;
  const query = new URLSearchParams(wanted);
  const answer = await fetch(`api/servers/${number}/connections?${query}`);
  if (!answer.ok) {
    return;
  }
  const { total, page, pages, connections } = await answer.json();
  // A button may have chosen another page meanwhile.
  if (wanted.page === asked) {
    wanted.page = page;
  }
  say($("where"), `page ${count(page + 1)} of ${count(pages)}, ${count(total)} in all`);
  $("previous").disabled = page === 0;
  $("next").disabled = page + 1 >= pages;
  // A protocol without states has no column for them.
  $("list").parentElement.classList.toggle("stateless", connections.every(({ state }) => state === null));
  list($("list"), connections, ({ id }) => `${number} ${id}`, (one) => build(number, one), update);
}

export function firstPage() {
  wanted.page = 0;
}

function build(number, one) {
  const button = make("button", { type: "button", className: "row mono", text: one.id, "aria-label": `Show connection ${one.id}` });
  button.addEventListener("click", () => open(number, one.id));
  return make(
    "tr",
    {},
    make("td", {}, button),
    make("td", { className: "mono", text: one.peer }),
    make("td", { className: "number" }),
    make("td", { className: "number" }, make("data")),
    make("td", { className: "number" }, make("data")),
    make("td", { className: "number" }, make("data")),
    make("td", { className: "state" }),
  );
}

function update(row, one) {
  say(row.cells[1], one.peer);
  say(row.cells[2], age(at - one.since));
  figure(row.cells[3].firstChild, one.calls);
  figure(row.cells[4].firstChild, one.bytes_in, bytes(one.bytes_in));
  figure(row.cells[5].firstChild, one.bytes_out, bytes(one.bytes_out));
  say(row.cells[6], one.state ?? "–");
}

const NOTES = {
  session: "As its Debug writes it, between two calls.",
  opaque: "The type of the session has no Debug, or the server has no session.",
  busy: "A callback runs, so the session can't be looked at. Look again.",
  gone: "The connection has ended.",
};

async function open(number, id) {
  shown = { number, id };
  say($("detail_title"), `Connection ${id}`);
  say($("session"), "");
  say($("session_note"), "looking …");
  say($("kick_told"), "");
  $("kick").hidden = !hasControls();
  $("detail_figures").replaceChildren();
  if (!$("detail").open) {
    $("detail").showModal();
  }
  const answer = await fetch(path(number, id));
  if (shown?.id !== id) {
    return;
  }
  const { connection, session } = answer.ok ? await answer.json() : { session: { kind: "gone" } };
  say($("session_note"), NOTES[session.kind]);
  say($("session"), session.text ?? "");
  if (connection) {
    const figures = [
      ["Peer", connection.peer],
      ["Since", new Date(connection.since).toLocaleString()],
      ["Calls", count(connection.calls)],
      ["Received", bytes(connection.bytes_in)],
      ["Sent", bytes(connection.bytes_out)],
      ["State", connection.state ?? "–"],
    ];
    const part = ([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }));
    $("detail_figures").replaceChildren(...figures.map(part));
  }
}

$("detail_close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("close", () => (shown = null));
$("detail_again").addEventListener("click", () => shown && open(shown.number, shown.id));
$("kick").addEventListener("click", async () => {
  if (shown) {
    say($("kick_told"), await control(`${path(shown.number, shown.id)}/close`));
  }
});
$("previous").addEventListener("click", () => turn(-1));
$("next").addEventListener("click", () => turn(1));

function turn(by) {
  wanted.page += by;
  look();
}

for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const { sort } = button.dataset;
    wanted.ascending = wanted.sort === sort && !wanted.ascending;
    Object.assign(wanted, { sort, page: 0 });
    document.querySelectorAll("th[aria-sort]").forEach((head) => head.removeAttribute("aria-sort"));
    button.parentElement.setAttribute("aria-sort", wanted.ascending ? "ascending" : "descending");
    look();
  });
}
