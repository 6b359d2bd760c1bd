// Changes a server, for whoever has the token. The token stays in this page's memory.

import { $, say } from "./dom.js";

let enabled = false;
let number = () => null;

export const hasControls = () => enabled;

// Lets the controls be used; `current` returns the number of the server that is looked at.
export function useControls(current) {
  enabled = true;
  number = current;
  $("controls").hidden = false;
}

// Asks for a control, and returns what was answered.
export async function control(path, body = {}) {
  const headers = { Authorization: `Bearer ${$("token").value}`, "Content-Type": "application/json" };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.text()).trim();
  } catch {
    return "the token can't be sent, or the page doesn't answer";
  }
}

// The return key chooses nothing.
$("controls_form").addEventListener("submit", (event) => event.preventDefault());

const on = (id, action, body) => $(id).addEventListener("click", async () => {
  say($("told"), "…");
  say($("told"), await control(`api/servers/${number()}/${action}`, body()));
});

on("suspend", "suspend", () => ({ port: "kept" }));
on("release", "suspend", () => ({ port: "released" }));
on("resume", "resume", () => ({}));
on("set_most", "max_processes", () => ({ max_processes: Number($("most").value) }));
