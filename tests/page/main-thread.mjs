// Records the tasks of a page's main thread in Chromium.

const CATEGORIES = [
  "disabled-by-default-devtools.timeline",
  "devtools.timeline",
  "__metadata",
  "toplevel",
];

/**
 * Records until the returned function is called. It returns the tasks, the longest first. `ms` is
 * CPU time, because load from other processes does not change it. `parts` names what took longest
 * in a task.
 */
export async function recordTasks(page) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: CATEGORIES },
  });
  return async () => {
    const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
    await session.send("Tracing.end");
    await complete;
    return tasksOf(events);
  };
}

function tasksOf(events) {
  const isMain = ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain";
  const threadOf = ({ pid, tid }) => `${pid} ${tid}`;
  const main = new Set(events.filter(isMain).map(threadOf));
  const mine = events.filter((event) => event.ph === "X" && main.has(threadOf(event)));
  return mine
    .filter(({ name }) => name === "ThreadControllerImpl::RunTask")
    .map((task) => ({ ms: (task.tdur ?? 0) / 1000, parts: () => partsOf(task, mine) }))
    .toSorted((a, b) => b.ms - a.ms);
}

function partsOf(task, events) {
  return events
    .filter((event) => event !== task && event.tid === task.tid && event.pid === task.pid)
    .filter(({ ts, dur = 0 }) => ts >= task.ts && ts + dur <= task.ts + task.dur)
    .map(({ name, tdur = 0, args }) => {
      const { functionName, url = "", lineNumber } = args?.data ?? {};
      const where = functionName ?? url.replace(/^.*\//, "");
      const line = lineNumber === undefined ? "" : `:${lineNumber}`;
      return { ms: tdur / 1000, text: `${name} ${where}${line}`.trim() };
    })
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 6)
    .map(({ ms, text }) => `${text} ${ms.toFixed(0)} ms`);
}
