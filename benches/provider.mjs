// The tests' provider in its own process, so that its CPU time is not counted for a client. Over
// IPC, it reports when each call arrived, received its first bytes after the headers, and ended.
// All processes use the machine's clock.

import { channel } from "node:diagnostics_channel";
import { startProvider } from "../tests/provider/server.mjs";

const now_ms = () => Number(process.hrtime.bigint()) / 1e6;

let calls = [];

channel("http.server.request.start").subscribe(({ request, response }) => {
  if (!request.url.endsWith("/chat/completions")) return;
  const call = { began_ms: now_ms() };
  calls.push(call);
  const { write } = response;
  response.write = (...args) => {
    call.first_byte_ms = now_ms();
    response.write = write;
    return write.apply(response, args);
  };
  response.once("close", () => (call.ended_ms = now_ms()));
});

process.on("message", () => {
  process.send(calls);
  calls = [];
});

const { wire, control } = await startProvider();
process.send({ wire, control });
