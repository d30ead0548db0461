// Tests `llm-fuse serve`. Only programs of this machine may use the endpoint.

import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { ATTACKS, CONTROL } from "../examples/escape-sequences.mjs";
import { noneOpen } from "../provider/client.mjs";
import { failures, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { BETA, callsTo, defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { askArgs, runCommand, startCommand } from "./run-command.mjs";

const QUESTION = JSON.stringify({
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
});

/** Starts a server and runs `check` with it. `url` is the address that the server prints. */
async function withServer(t, args, check, { env, base = askArgs(t) } = {}) {
  const command = startCommand(t, ["serve", "--port", "0", ...base, ...args], {
    input: null,
    env,
  });
  try {
    await command.says("Serves ");
    const [, url] = /Serves (\S+)\/v1/.exec(command.texts.err);
    await check({ ...command, url, port: Number(new URL(url).port) });
  } finally {
    command.child.kill("SIGKILL");
    await command.ended;
  }
}

/** Sends a request with headers that `fetch` would not allow. Resolves to status and body. */
async function send(
  port,
  headers,
  { method = "POST", path = "/v1/chat/completions", body: sent = QUESTION } = {},
) {
  const req = request({ host: "127.0.0.1", port, method, path, headers });
  req.end(method === "POST" ? sent : undefined);
  const [res] = await once(req, "response");
  let body = "";
  for await (const chunk of res.setEncoding("utf8")) body += chunk;
  return { status: res.statusCode, headers: res.headers, body };
}

const json = { "content-type": "application/json" };

export default [
  {
    name: "serve: answers a client of this machine, and prints a line for each request and call",
    async run(t) {
      await t.session.script(defaultScripts());
      await withServer(t, [], async ({ port, says: until, texts }) => {
        const { status, body } = await send(port, { host: `localhost:${port}`, ...json });
        equal([status, JSON.parse(body).choices[0].message.content], [200, "Yes, it is blue."]);
        await until("#1 200 after");
        includes(texts.err, "#1 POST /v1/chat/completions\n");
        includes(texts.err, `#1 asks ${BETA}\n`);
      });
    },
  },
  {
    name: "serve: a page of another origin, or of a rebound name, is refused without a call",
    async run(t) {
      await t.session.script(defaultScripts());
      await withServer(t, ["--allow-origin", "https://app.example"], async ({ port }) => {
        const host = `127.0.0.1:${port}`;
        const attacks = [
          { host: `evil.example:${port}` },
          { host: "evil.example" },
          { host: `localhost.evil.example:${port}` },
          { host: `127.0.0.1.nip.example:${port}` },
          { host: `192.168.1.2:${port}` },
          { host: `user@127.0.0.1:${port}` },
          { host, origin: "https://evil.example" },
          { host, origin: "null" },
          { host, origin: `http://evil.example:${port}` },
          { host, origin: "https://app.example.evil.example" },
          { host, origin: "http://app.example" },
          { host, origin: "http://localhost:3000" },
          { host, "sec-fetch-site": "cross-site" },
          { host, "sec-fetch-site": "same-site" },
        ];
        for (const attack of attacks) {
          for (const type of ["application/json", "text/plain"]) {
            const { status } = await send(port, { ...attack, "content-type": type });
            equal(status, 403, JSON.stringify(attack));
          }
          equal((await send(port, attack, { method: "GET", path: "/v1/models" })).status, 403);
          const preflight = { ...attack, "access-control-request-method": "POST" };
          const { status, headers } = await send(port, preflight, { method: "OPTIONS" });
          equal([status, headers["access-control-allow-origin"]], [403, undefined]);
        }
        equal((await t.session.calls()).length, 0);

        for (const name of [host, `localhost:${port}`, `[::1]:${port}`, `127.9.9.9:${port}`]) {
          const { status } = await send(port, { host: name, ...json });
          equal(status, 200, name);
        }
        const allowed = await send(port, { host, origin: "https://app.example", ...json });
        equal(allowed.status, 200);
        equal(allowed.headers["access-control-allow-origin"], "https://app.example");
      });
    },
  },
  {
    name: "serve: other machines need the client key, and a name that is allowed",
    async run(t) {
      await t.session.script(defaultScripts());
      const args = [
        "--host",
        "0.0.0.0",
        "--client-key",
        "sesame",
        "--allow-host",
        "docker.internal",
      ];
      await withServer(t, args, async ({ port }) => {
        const key = { authorization: "Bearer sesame", ...json };
        const status = async (headers) => (await send(port, headers)).status;
        equal(await status({ host: "192.168.1.2", ...json }), 401);
        equal(await status({ host: "192.168.1.2", ...json, authorization: "Bearer no" }), 401);
        equal(await status({ host: "evil.example", ...key }), 403);
        equal((await t.session.calls()).length, 0);
        equal(await status({ host: "192.168.1.2", ...key }), 200);
        equal(await status({ host: `docker.internal:${port}`, ...key }), 200);
      });
    },
  },
  {
    name: "serve: --max-cost needs prices before it starts",
    async run(t) {
      const args = ["serve", "--port", "0", ...askArgs(t), "--max-cost", "1"];
      const { code, err } = await runCommand(t, args);
      equal(code, 2, err);
      includes(err, "--max-cost");
    },
  },
  {
    name: "serve: --max-cost limits each request",
    async run(t) {
      const price = { prompt: "0.001", completion: "0.001" };
      const ids = ["panel/alpha-7b", BETA, "desk/analyst", WRITER];
      const data = ids.map((id) => ({ id, pricing: price }));
      await t.session.script(defaultScripts({ "GET /models": { status: 200, body: { data } } }));
      const preload = new URL("./openrouter-at-provider.mjs", import.meta.url);
      const env = {
        NODE_OPTIONS: `--import=${preload}`,
        OPENROUTER_API_KEY: "k",
        TEST_PROVIDER: t.session.baseURL,
      };
      const args = [...askArgs(t).slice(2), "--max-cost", "0.01"];
      await withServer(
        t,
        args,
        async ({ port, says: until }) => {
          for (let request = 0; request < 2; request++) {
            const { status, body } = await send(port, { host: "localhost", ...json });
            equal(
              [status, JSON.parse(body).error.metadata.error_type],
              [402, "payment_required"],
              body,
            );
          }
          equal((await t.session.calls()).filter(({ model }) => ids.includes(model)).length, 0);
          await until("402 budget_exceeded");
        },
        { env, base: [] },
      );
    },
  },
  {
    name: "serve: --progress streams the panel's progress, and a client's header turns it off",
    async run(t) {
      await t.session.script(defaultScripts());
      const stream = JSON.stringify({ ...JSON.parse(QUESTION), stream: true });
      for (const [args, more, expected] of [
        [[], {}, false],
        [[], { "x-llm-fuse-progress": "true" }, true],
        [["--progress"], {}, true],
        [["--progress"], { "x-llm-fuse-progress": "false" }, false],
      ])
        await withServer(t, args, async ({ port }) => {
          const headers = { host: "localhost", ...json, ...more };
          const { body } = await send(port, headers, { body: stream });
          equal(body.includes('"reasoning":"Panel: panel/alpha-7b'), expected, body);
          includes(body, "it is blue.");
        });
    },
  },
  {
    name: "serve: an extension's page is an origin that can be allowed",
    async run(t) {
      const origin = "chrome-extension://abcdefghijklmnop";
      await withServer(t, ["--allow-origin", origin], async ({ port, says: until }) => {
        const get = { method: "GET", path: "/v1/models" };
        const { status, headers } = await send(port, { host: "localhost", origin }, get);
        equal([status, headers["access-control-allow-origin"]], [200, origin]);
        equal((await send(port, { host: "localhost", origin: `${origin}q` }, get)).status, 403);
        await send(port, { host: "localhost", origin: "https://a.example; rm -rf x" }, get);
        await until("rm -rf x is not allowed\n");
      });
    },
  },
  {
    name: "serve: a port that is taken is wrong use",
    async run(t) {
      await withServer(t, [], async ({ port }) => {
        const args = ["serve", "--port", String(port), ...askArgs(t)];
        const { code, err } = await runCommand(t, args);
        equal(code, 2);
        includes(err, "EADDRINUSE");
      });
    },
  },
  {
    name: "serve: Ctrl-C lets an open request end, and exits with 0",
    async run(t) {
      const held = says("Yes, it is blue.", { hold: true });
      await t.session.script(defaultScripts({ [WRITER]: held }));
      await withServer(t, [], async ({ port, child, says: until, ended }) => {
        const answer = send(port, { host: "localhost", ...json });
        await until(`asks ${WRITER}`);
        child.kill("SIGINT");
        await until("Waits for 1 open request");
        // The line about the call precedes the call.
        await t.session.until((calls) => callsTo(calls, WRITER).length === 1);
        await t.session.release();
        const { status, body } = await answer;
        equal([status, JSON.parse(body).choices[0].message.content], [200, "Yes, it is blue."]);
        equal((await ended).code, 0);
      });
    },
  },
  {
    name: "serve: Ctrl-C does not wait for connections without a whole request",
    async run(t) {
      const starts = ["", "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n"];
      await withServer(t, [], async ({ port, child, ended }) => {
        for (const start of starts) {
          const socket = connect(port, "127.0.0.1").on("error", () => {});
          await once(socket, "connect");
          socket.write(start);
        }
        await send(port, { host: "localhost" }, { method: "GET", path: "/v1/models" });
        child.kill("SIGINT");
        // Node ends such a connection after 60 s at the earliest.
        const late = new Promise((wake) => setTimeout(wake, 50_000, { code: "waits" }));
        equal((await Promise.race([ended, late])).code, 0);
      });
    },
  },
  {
    name: "serve: a second Ctrl-C ends an open request at once",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says("x", { stall: "headers" }) }));
      await withServer(t, [], async ({ port, child, says: until, ended }) => {
        const answer = send(port, { host: "localhost", ...json }).catch((error) => error);
        await until(`asks ${WRITER}`);
        child.kill("SIGINT");
        await until("Waits for 1 open request");
        child.kill("SIGINT");
        equal((await ended).signal, "SIGINT");
        ok((await answer) instanceof Error);
      });
    },
  },
  {
    name: "serve: a client that leaves stops its run",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: says("x", { stall: "headers" }) }));
      await withServer(t, [], async ({ port, says: until }) => {
        const headers = { host: "localhost", ...json };
        const path = "/v1/chat/completions";
        const req = request({ host: "127.0.0.1", port, method: "POST", path, headers });
        req.on("error", () => {});
        req.end(QUESTION);
        await until(`asks ${BETA}`);
        req.destroy();
        await until("#1 the client has left");
        const [call] = callsTo(await t.session.until(noneOpen), BETA);
        equal(call.end, "client_closed");
      });
    },
  },
  {
    name: "serve: no escape sequence of a client or a provider is printed",
    async run(t) {
      const evil = ATTACKS.join(" and ");
      await t.session.script({ "*": { ...failures[400], error: { code: 400, message: evil } } });
      await withServer(t, [], async ({ port, says: until, texts }) => {
        await send(port, { host: "localhost", ...json });
        await until("#1 ");
        const body = JSON.stringify({ model: evil, messages: [{ role: "user", content: "Q?" }] });
        await fetch(`http://127.0.0.1:${port}/v1/chat/completions?${encodeURIComponent(evil)}`, {
          method: "POST",
          headers: json,
          body,
        });
        await until("#2 4");
        includes(texts.err, "52;c;aGk=");
        equal(texts.err.match(CONTROL), null);
      });
    },
  },
];
