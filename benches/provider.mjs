// The tests' provider in a process of its own: its CPU is nobody's cost. Over IPC it tells when each call came and went.

import { channel } from "node:diagnostics_channel";
import { startProvider } from "../tests/provider/server.mjs";

let calls = [];

channel("http.server.request.start").subscribe(({ request, response }) => {
  if (!request.url.endsWith("/chat/completions")) return;
  const call = { began: performance.now() };
  calls.push(call);
  response.once("close", () => (call.ended = performance.now()));
});

process.on("message", () => {
  process.send(calls);
  calls = [];
});

const { wire, control } = await startProvider();
process.send({ wire, control });
