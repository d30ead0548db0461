// Started by panic.mjs: two runs are live when a third one's answer makes the core panic.

import { fuse } from "llm-fuse";

const stray = [];
for (const kind of ["uncaughtException", "unhandledRejection"]) process.on(kind, (reason) => stray.push(`${kind}: ${reason}`));

const [request, live, bad, good] = process.argv.slice(2).map((text, i) => (i === 0 ? JSON.parse(text) : text));
const failure = (run) => run.result().then(() => ({ code: "completed" }), ({ code, message }) => ({ code, message }));
const heard = async (run) => {
  for await (const event of run) if (event.type === "panelist.delta") return;
};

const runs = [fuse(request, { baseURL: live }), fuse(request, { baseURL: live })];
const failures = runs.map(failure);
await Promise.all(runs.map(heard));
failures.push(failure(fuse(request, { baseURL: bad })));
const outcomes = await Promise.all(failures);
const { answer: later } = await fuse(request, { baseURL: good }).result();
await new Promise((wake) => setTimeout(wake, 200));
console.log(JSON.stringify({ failures: outcomes, later, stray }));
// The timers of the instance that died would hold the process until their minutes are over.
process.exit();
