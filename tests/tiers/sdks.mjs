// Runs SDKs with their default retries against the endpoint over HTTP. Counts the panel's calls for
// one request in three cases: the writer fails, the connection breaks, or the client times out.

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { servesPython } from "../cli/serve-python.mjs";
import { equal, includes } from "../scenarios/assert.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { clients, marksRetries } from "../sdks/clients.mjs";
import { PYTHON, runPython } from "../sdks/python.mjs";
import { CASES, startSessions } from "../sdks/sessions.mjs";
import { report, runExtra } from "./report.mjs";

/** The client's timeout. Even on a busy machine, the panel and the analysis end earlier. */
const TIMEOUT_MS = 15_000;
/**
 * Number of parallel jobs. With more jobs, a job could reach its timeout while it waits for the
 * CPU.
 */
const WIDTH = 8;
const NO_TIMEOUT_MS = 120_000;
/** SDKs that do not repeat a request after a timeout: the AI SDK's timeout ends the whole call. */
const NEVER_REPEATS = /^ai /;

export default async function run({ installed, log }) {
  const user = join(installed, "uses-sdks.mjs");
  await writeFile(user, 'export * from "llm-fuse/handler";\nexport * from "llm-fuse/testing";\n');
  const sessions = await startSessions(await import(pathToFileURL(user)));
  try {
    await warmUp(sessions);
    const jobs = allJobs(sessions);
    const ofPython = jobs.filter(({ language }) => language === "python");
    const [answers] = await Promise.all([
      runPython(ofPython),
      runAll(
        jobs.filter(({ language }) => language === "js"),
        WIDTH,
        runHere,
      ),
    ]);
    for (const { id, ...answer } of answers) Object.assign(jobs[id], answer);
    for (const line of table(jobs)) log(line);
    const results = await Promise.all(jobs.map(check));
    results.push(...(await servesPython(installed)));
    return await report(results, { runtime: "sdks", log });
  } finally {
    await sessions.close();
    await rm(user, { force: true });
  }
}

/** Loads the core first, so that no client's timeout includes the loading time. */
async function warmUp(sessions) {
  const { url, key } = sessions.open("nothing", false);
  const answer = await clients["openai, chat"]({ url, key, timeoutMs: NO_TIMEOUT_MS });
  includes(answer, "blue");
}

/** Returns two jobs for each client and case: one with a stream, and one without a stream. */
function allJobs(sessions) {
  const rows = [
    ...Object.keys(clients).map((client) => ({ language: "js", client })),
    ...PYTHON.map((client) => ({ language: "python", client })),
  ];
  const jobs = rows.flatMap((row) =>
    [...CASES, "nothing"].flatMap((what) =>
      [false, true]
        // A client's timeout only limits the time until the response's headers arrive. With a
        // stream, the headers arrive before the writer is called, so the client cannot time out.
        .filter((stream) => !(stream && what === "the client times out"))
        .map((stream) => ({ ...row, what, stream })),
    ),
  );
  return jobs.map((job, id) => {
    const isTimeout = job.what === "the client times out";
    const timeoutMs = isTimeout ? TIMEOUT_MS : NO_TIMEOUT_MS;
    // In the case "the writer fails", `keepRuns` is off, because only the status of the response
    // should prevent a repeated request.
    const session = sessions.open(job.what, job.what !== "the writer fails");
    const isMarked = marksRetries(job.client) || job.client === "anthropic";
    const headers = isMarked ? {} : { "Idempotency-Key": `job-${id}` };
    const strict = job.what === "nothing";
    return { ...job, id, session, timeoutMs, headers, strict };
  });
}

async function runHere(job) {
  const { url, key } = job.session;
  try {
    job.text = await clients[job.client]({ ...job, url, key });
  } catch (error) {
    job.error = `${error?.constructor?.name}: ${error?.message}`;
  }
}

const kindOf = ({ stream }) => (stream ? "stream" : "whole");

/**
 * Returns one line for each client, with a stream and without one. For each case, a line has the
 * number of calls to each panelist. The number of requests follows in parentheses.
 */
function table(jobs) {
  const lines = new Map();
  for (const job of jobs) {
    if (job.what === "nothing") continue;
    const { panel, requests } = job.session.counts();
    const name = `${job.language}: ${job.client}, ${kindOf(job)}`;
    const cell = `${job.what}: ${panel.join("+")} (${requests})`;
    lines.set(name, [...(lines.get(name) ?? []), cell]);
  }
  return [
    "calls of each panelist for one request (requests of the SDK)",
    ...[...lines].map(([name, cells]) => `${name.padEnd(50)} ${cells.join("   ")}`),
  ];
}

/** Checks the outcome of a job. */
function check({ session, ...job }) {
  const { language, client, what, stream, text, error, warnings = [] } = job;
  const name = `${language}: ${client}, ${kindOf(job)}: the panel is called once`;
  return runExtra(
    what === "nothing" ? `${name} and its answer is read` : `${name} when ${what}`,
    () => {
      const { panel, requests } = session.counts();
      equal(panel, [1, 1], `${requests} requests; ${error ?? text}`);
      if (what === "nothing") equal([text, error, warnings], ["Yes, it is blue.", undefined, []]);
      if (what === "the writer fails") equal([requests, typeof error], [1, "string"], String(text));
      const isResumed = !stream && what !== "the writer fails" && what !== "nothing";
      // If a client repeats the request, it must get the answer.
      if (isResumed && requests > 1) equal([text, requests], ["Yes, it is blue.", 2], error);
      if (isResumed && marksRetries(client) && !NEVER_REPEATS.test(client)) equal(requests, 2);
    },
  );
}
