// The key is for the provider's ears alone: it is in no event, error, snapshot or stream, whatever is echoed.

import { refuses, says } from "../provider/scripts.mjs";
import { equal, failure, lacks, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, PANEL, WRITER, cast, question } from "./cast.mjs";
import { KEY } from "./harness.mjs";
import { read, readServerSentEvents } from "./reading.mjs";

const everything = (run, events, error) =>
  [JSON.stringify(events), JSON.stringify(run.snapshot()), String(error), error?.stack ?? "", JSON.stringify(error?.snapshot ?? null), JSON.stringify({ ...error, cause: String(error?.cause) })].join("\n");

const leaks = {
  "an error's message": refuses(401, `Invalid key: Bearer ${KEY}`),
  "an error's text": { status: 500, body: `request was: authorization: Bearer ${KEY}` },
  "an error's metadata": refuses(429, "Slow down", { metadata: { raw: `key ${KEY}`, headers: { authorization: `Bearer ${KEY}` } } }),
  "a mid-stream error": says("Some", { error: { code: 500, message: `upstream refused ${KEY}` } }),
  "a whole page": { status: 502, body: `<html><body>${KEY}</body></html>` },
};

export default [
  ...Object.entries(leaks).map(([where, script]) => ({
    name: `a key echoed in ${where}`,
    async run(t) {
      for (const scripts of [{ [ALPHA]: script, [BETA]: script }, { [BETA]: script, [ANALYST]: script, [WRITER]: script }]) {
        await t.room.reset();
        await t.room.script(cast(scripts));
        const run = t.start(question());
        const { events, error } = await read(run);
        ok(error, "the run fails");
        lacks(everything(run, events, error), KEY);
        const frames = await readServerSentEvents(t.start(question()).toReadableStream());
        lacks(JSON.stringify(frames), KEY);
      }
    },
  })),
  {
    name: "a key quoted by a fetch that throws",
    async run(t) {
      const thrown = new TypeError(`Headers.append: "Bearer ${KEY}" is an invalid header value.`);
      const run = t.start(question(), { fetch: () => Promise.reject(thrown) });
      const { events, error } = await read(run);
      equal(error.code, "network_error");
      lacks([JSON.stringify(events), JSON.stringify(run.snapshot()), error.message].join("\n"), KEY);
    },
  },
  {
    name: "a key that is no header value is named, not quoted",
    async run(t) {
      for (const apiKey of [`${KEY}\u2713`, `${KEY}\nx`, `${KEY}\0`]) {
        const error = await failure(t.start(question(), { apiKey }).result());
        equal(error.code, "invalid_request");
        ok(error.message.includes("apiKey"), error.message);
        lacks([String(error), error.stack, JSON.stringify(error.snapshot)].join("\n"), KEY);
      }
      equal(await t.room.calls(), []);
    },
  },
  {
    name: "a run that succeeds",
    async run(t) {
      await t.room.script(cast());
      const run = t.start(question());
      const { events } = await read(run);
      lacks(JSON.stringify([events, run.snapshot()]), KEY);
      ok((await t.room.calls()).every(({ url, body }) => !url.includes(KEY) && !JSON.stringify(body).includes(KEY)), "no key in a URL or a body");
      equal((await t.room.calls()).length, PANEL.length + 2);
    },
  },
];
