// Two runs are live when the answer of a third run makes the core panic. panic.mjs starts this
// file.

import { fuse } from "llm-fuse";

const stray = [];
for (const kind of ["uncaughtException", "unhandledRejection"])
  process.on(kind, (reason) => stray.push(`${kind}: ${reason}`));

const [request, live, bad, good] = process.argv
  .slice(2)
  .map((text, i) => (i === 0 ? JSON.parse(text) : text));
const failure = (run) =>
  run.result().then(
    () => ({ code: "completed" }),
    ({ code, message }) => ({ code, message }),
  );
const firstDelta = async (run) => {
  for await (const event of run) if (event.type === "panelist.delta") return;
};

const runs = [fuse(request, { baseURL: live }), fuse(request, { baseURL: live })];
const failures = runs.map(failure);
await Promise.all(runs.map(firstDelta));
failures.push(failure(fuse(request, { baseURL: bad })));
const outcomes = await Promise.all(failures);
const { answer: later } = await fuse(request, { baseURL: good }).result();
await new Promise((wake) => setTimeout(wake, 200));
console.log(JSON.stringify({ failures: outcomes, later, stray }));
// Exit now. The runs that failed with the panic have timers that would keep the process alive for
// minutes.
process.exit();
