// Tests the endpoint of examples/worker with OpenAI's client: keys, rate limits and cost limits.

import OpenAI from "openai";
import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "../scenarios/assert.mjs";
import { ANALYST, defaultScripts, PANEL, question } from "../scenarios/fixtures.mjs";
import { KEYS, SERVER_KEY } from "./deploy.mjs";
import { client } from "./held-run-client.mjs";
import { inFolder } from "./held-runs.mjs";

const openai = (address, apiKey = KEYS[0]) =>
  new OpenAI({ apiKey, baseURL: `${address}api/v1`, maxRetries: 0 });
const asked = {
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
  plugins: [{ id: "fusion", analysis_models: PANEL, model: ANALYST }],
};
const answers = { sequence: [analysis(["A", "B"]), says("Yes, it is blue.")] };

export default [
  {
    name: "endpoint: clients with a key get answers and streams, and others are refused",
    async run(t) {
      await t.session.script(
        defaultScripts({ [ANALYST]: { sequence: [...answers.sequence, ...answers.sequence] } }),
      );
      const { address } = await t.start();
      const { choices } = await openai(address).chat.completions.create(asked);
      equal(choices[0].message.content, "Yes, it is blue.");
      let text = "";
      for await (const { choices } of await openai(address, KEYS[1]).chat.completions.create({
        ...asked,
        stream: true,
      }))
        text += choices[0]?.delta.content ?? "";
      equal(text, "Yes, it is blue.");
      const calls = (await t.session.calls()).filter(({ method }) => method === "POST");
      equal(
        [...new Set(calls.map(({ headers }) => headers.authorization))],
        [`Bearer ${SERVER_KEY}`],
      );
      const error = await failure(openai(address, "guess").chat.completions.create(asked));
      ok(error instanceof OpenAI.AuthenticationError, String(error));
      equal(
        (await t.session.calls()).filter(({ method }) => method === "POST").length,
        calls.length,
        "a refused client causes no calls",
      );
    },
  },
  {
    name: "endpoint: the rate limit counts each client's calls of endpoint and runs",
    async run(t) {
      const { address } = await t.start();
      const one = client(() => address);
      const post = async () => (await one.ask("/runs", { method: "POST", body: "no JSON" })).status;
      const seen = [];
      // The limiter counts requests per minute. A new minute may begin once during the test, so the
      // loop sends more than twice the limit.
      while (seen.at(-1) !== 429 && seen.length < 31) seen.push(await post());
      ok(
        seen.length > 10 &&
          seen.at(-1) === 429 &&
          seen.slice(0, -1).every((status) => status === 400),
        seen.join(),
      );
      let limited;
      for (let i = 0; i < 31 && !limited; i++)
        limited = await openai(address)
          .models.list()
          .then(
            () => undefined,
            (error) => error,
          );
      ok(limited instanceof OpenAI.RateLimitError, String(limited));
      ok((await openai(address, KEYS[1]).models.list()).data.length > 0, "another client");
    },
  },
  {
    name: "endpoint: a repeated request pays for nothing twice, also after a restart",
    async run(t) {
      const long = "Alpha finds all common ground in blue. ".repeat(60_000);
      const writers = { sequence: [analysis(["A", "B"]), failures[402], says("Yes, it is blue.")] };
      await t.session.script(defaultScripts({ [PANEL[0]]: says(long), [ANALYST]: writers }));
      const ask = async (address, key, more, apiKey) => {
        const response = await fetch(`${address}api/v1/chat/completions`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "idempotency-key": key,
            authorization: `Bearer ${apiKey ?? KEYS[0]}`,
          },
          body: JSON.stringify({ ...asked, ...more }),
        });
        return [response.status, await response.text()];
      };
      const calls = async () =>
        (await t.session.calls()).filter(({ method }) => method === "POST").map((c) => c.model);
      await inFolder(async (durableObjectsPersist) => {
        const first = await t.start({}, { durableObjectsPersist });
        // The writer fails after the calls of the panel and the analyst, which are paid.
        equal((await ask(first.address, "one"))[0], 402);
        equal((await calls()).length, 4);
        await first.dispose();
        const second = await t.start({}, { durableObjectsPersist });
        includes((await ask(second.address, "one"))[1], "Yes, it is blue.");
        equal((await calls()).length, 5, "the writer's second call");
        includes((await ask(second.address, "one"))[1], "Yes, it is blue.");
        equal((await calls()).length, 5, "no call");
        equal((await ask(second.address, "one", { seed: 1 }))[0], 422);
        await second.dispose();
      });
    },
  },
  {
    name: "endpoint: of two equal requests at the same moment one runs, and the other gets a 409",
    async run(t) {
      const writers = { sequence: [analysis(["A", "B"]), says("Yes, it is blue.")] };
      await t.session.script(defaultScripts({ [ANALYST]: writers }));
      const { address } = await t.start();
      const ask = () =>
        fetch(`${address}api/v1/chat/completions`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "idempotency-key": "both",
            authorization: `Bearer ${KEYS[0]}`,
          },
          body: JSON.stringify(asked),
        });
      const statuses = (await Promise.all([ask(), ask()])).map(({ status }) => status);
      equal(statuses.sort(), [200, 409]);
    },
  },
  {
    name: "endpoint: MAX_COST limits endpoint and runs, and a client may set a lower limit",
    async run(t) {
      await t.session.script(defaultScripts({ [ANALYST]: answers }));
      const poor = await t.startAsDeployed({ MAX_COST: "0.0000001" });
      equal((await failure(openai(poor.address).chat.completions.create(asked))).status, 402);
      const { address } = await t.startAsDeployed();
      for (const [at, max_cost] of [
        [poor.address, 100],
        [poor.address, undefined],
        [address, 0.0000001],
      ]) {
        const reader = client(() => at);
        equal(
          (await reader.whole(await reader.begin(question({ max_cost })))).at(-1).error.code,
          "budget_exceeded",
          `${max_cost}`,
        );
      }
      equal(
        (await t.session.calls()).filter(({ method }) => method === "POST"),
        [],
      );
    },
  },
  {
    name: "endpoint: the deployed Worker calls OpenRouter, and needs client keys",
    async run(t) {
      await t.session.script(defaultScripts({ [ANALYST]: answers }));
      const { address } = await t.startAsDeployed();
      const { choices } = await openai(address).chat.completions.create(asked);
      equal(choices[0].message.content, "Yes, it is blue.");
      const closed = await t.start({ CLIENT_KEYS: "" });
      for (const path of ["api/v1/models", "runs"]) {
        const response = await fetch(`${closed.address}${path}`, {
          headers: { authorization: "Bearer " },
        });
        equal(response.status, 500);
        includes(await response.text(), "CLIENT_KEYS is not set");
      }
    },
  },
];
