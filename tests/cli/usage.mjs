// Tests wrong arguments, and how the command chooses models.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { run } from "../../scripts/lib/process.mjs";
import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks } from "../scenarios/assert.mjs";
import { defaultScripts } from "../scenarios/fixtures.mjs";
import { askArgs, runCommand } from "./run-command.mjs";

const answers = { sequence: [says("All common ground."), analysis(["A", "B"]), says("Yes.")] };

/** Wrong arguments, and a part of the message on stderr. */
const WRONG = [
  [["--modles", "a", "Q?"], "unknown option `--modles`; did you mean `--models`?"],
  [["--model", "a", "Q?"], "did you mean `--models`?"],
  [["-x", "Q?"], "unknown option `-x`"],
  [["--models"], "argument missing"],
  [["--effort", "hihg", "Q?"], "did you mean `high`?"],
  [["--max-cost", "much", "Q?"], "--max-cost must be"],
  [["--max-cost", "0", "Q?"], "--max-cost must be"],
  [["--max-tokens", "1.5", "Q?"], "--max-tokens must be"],
  [[], "no question"],
  [["--file", "/nowhere/at/all", "Q?"], "--file /nowhere/at/all: ENOENT"],
  [["--keep", "/nowhere/at/all", "Q?"], "--keep /nowhere/at/all: ENOENT"],
  [["--resume", "/nowhere/at/all"], "--resume /nowhere/at/all"],
  [["--base-url", "http://127.0.0.1:1", "Q?"], "--base-url needs --models"],
  [["--base-url", "http://127.0.0.1:1", "--models", "a", "--preset", "p", "Q?"], "preset"],
  [["server"], "did you mean `llm-fuse serve`?"],
  [["help"], "did you mean `llm-fuse --help`?"],
  [["version"], "did you mean `llm-fuse --version`?"],
  [["--file", "/tmp", "Q?"], "--file /tmp: EISDIR"],
  [["--file", "/dev/null", "Q?"], "is empty"],
  [["--file", "/dev/zero", "Q?"], "more than 20 MB"],
  [["serve", "now"], "`serve` takes no argument"],
  [["serve", "--prot", "1"], "did you mean `--port`?"],
  [["serve", "--port", "70000"], "--port must be"],
  [["serve", "--host", "0.0.0.0", "--models", "openai:m"], "needs --client-key"],
  [["serve", "--allow-origin", "*", "--models", "openai:m"], "needs --client-key"],
  ...["app.example", "https://app.example/", "https://*.example", "null", "file://"].map(
    (origin) => [["serve", "--allow-origin", origin, "--models", "openai:m"], "is no origin"],
  ),
  ...["http://nas.local", "nas.local:8787", ""].map((name) => [
    ["serve", "--allow-host", name, "--models", "openai:m"],
    "is no name without a port",
  ]),
];

export default [
  {
    name: "wrong use exits with 2, says why, and prints nothing on stdout",
    async run(t) {
      await Promise.all(
        WRONG.map(async ([args, part]) => {
          const { code, out, err } = await runCommand(t, args);
          includes(err, part);
          lacks(err, "    at ");
          equal([code, out], [2, ""], args.join(" "));
        }),
      );
    },
  },
  {
    name: "a file that is no text, image or PDF is refused",
    async run(t) {
      const path = join(t.folder, "data.bin");
      await writeFile(path, Buffer.from([1, 0, 2]));
      const { code, err } = await runCommand(t, ["-f", path, "Q?"]);
      equal(code, 2);
      includes(err, "neither UTF-8 text");
    },
  },
  {
    name: "stdin that is no UTF-8 text, or never ends, asks nobody",
    async run(t) {
      for (const [input, part] of [
        [Buffer.from("89504e470d0a1a0a0000", "hex"), "stdin: not UTF-8 text"],
        [Buffer.from([0x63, 0x61, 0x66, 0xe9]), "stdin: not UTF-8 text"],
        [Buffer.alloc(20_000_001, "a"), "stdin: more than 20 MB"],
      ]) {
        const { code, out, err } = await runCommand(t, askArgs(t, "Q?"), { input });
        equal([code, out], [2, ""], err);
        includes(err, part);
      }
      equal((await t.session.calls()).length, 0);
    },
  },
  {
    name: "--help and --version, also with npx from the tarball",
    async run(t) {
      const help = await runCommand(t, ["--help"]);
      equal([help.code, help.err], [0, ""]);
      includes(help.out, "--max-cost");
      includes((await runCommand(t, ["serve", "-h"])).out, "--allow-origin");
      const { out } = await runCommand(t, ["-v"]);
      const npx = ["--yes", "--package", t.tarball, "llm-fuse", "--version"];
      const { code, output } = await run("npx", npx, { quiet: "stdout", cwd: t.folder });
      equal([code, output], [0, out]);
    },
  },
  {
    name: "without a key and without Ollama, two lines say what to do",
    async run(t) {
      const { code, out, err } = await runCommand(t, ["Q?"], { env: { LLM_FUSE_API_KEY: "" } });
      equal([code, out, err.trim().split("\n").length], [2, "", 2], err);
      for (const part of ["OPENROUTER_API_KEY", "Ollama", "--sample"]) includes(err, part);
    },
  },
  {
    name: "the key of a provider chooses its model, and goes to it alone",
    async run(t) {
      // The provider `openai` uses the dialect `responses`.
      await t.session.script({
        "gpt-5.5": { sequence: [says("All common ground."), ...answers.sequence] },
      });
      const env = { OPENAI_API_KEY: "only-openai", OPENAI_BASE_URL: t.session.baseURL };
      const { code, out, err } = await runCommand(t, ["--no-tools", "Q?"], { env });
      equal([code, out], [0, "Yes.\n"], err);
      const calls = await t.session.calls();
      equal(
        calls.map(({ headers }) => headers.authorization),
        Array(4).fill("Bearer only-openai"),
      );
    },
  },
  {
    name: "OpenRouter's key is not sent to --base-url",
    async run(t) {
      await t.session.script({ a: answers });
      const env = { OPENROUTER_API_KEY: "secret", LLM_FUSE_API_KEY: "" };
      const args = ["--base-url", t.session.baseURL, "--models", "a", "Q?"];
      await runCommand(t, args, { env });
      for (const { headers } of await t.session.calls()) equal(headers.authorization, undefined);
    },
  },
  {
    name: "a key whose provider has no usual model says how to name one",
    async run(t) {
      const { code, err } = await runCommand(t, ["Q?"], { env: { MISTRAL_API_KEY: "k" } });
      equal(code, 2);
      includes(err, "--models mistral:MODEL");
    },
  },
  {
    name: "without a key, the models of Ollama answer, except those that only embed",
    async run(t) {
      await t.session.script({ "gemma3:1b": says("All common ground."), "llama3.2:3b": answers });
      const ollama = await startOllama(t.session.baseURL);
      try {
        const env = { OLLAMA_HOST: `${ollama.host}/` };
        const { code, err } = await runCommand(t, ["--no-tools", "Q?"], { env });
        equal(code, 0, err);
        includes(err, "[1] ollama:llama3.2:3b: asked");
        includes(err, "[2] ollama:gemma3:1b: asked");
        lacks(err, "nomic");
      } finally {
        ollama.close();
      }
    },
  },
  {
    name: "OLLAMA_HOST takes Ollama's forms, and matters only if Ollama is asked",
    async run(t) {
      await t.session.script(defaultScripts());
      const asked = (OLLAMA_HOST, ...args) =>
        runCommand(t, [...args, "--models", "ollama:a,ollama:a", "Q?"], { env: { OLLAMA_HOST } });
      for (const host of [":1", "::1", "[::1]:1", "localhost:1", "http://127.0.0.1:1/"])
        includes((await asked(host)).err, "network_error", host);
      const wrong = await asked("no host");
      equal(wrong.code, 2);
      includes(wrong.err, "OLLAMA_HOST is no host, port or URL: no host");
      const env = { OLLAMA_HOST: "no host" };
      equal((await runCommand(t, askArgs(t, "Q?"), { env })).code, 0);
    },
  },
];

/** Starts a server that lists models like Ollama and forwards calls to a provider. */
async function startOllama(baseURL) {
  const server = createServer(async (req, res) => {
    if (req.url === "/api/tags") {
      const models = [
        { name: "llama3.2:3b", capabilities: ["completion", "tools"] },
        { name: "mxbai:latest", capabilities: ["embedding"] },
        { name: "nomic-embed-text:latest", details: { family: "nomic-bert" } },
        { name: "gemma3:1b", details: { family: "gemma3" } },
      ];
      return void res.end(JSON.stringify({ models }));
    }
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const url = baseURL + req.url.replace(/^\/v1/, "");
    const { method } = req;
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method, headers, body: Buffer.concat(chunks) });
    res.writeHead(response.status, { "content-type": response.headers.get("content-type") });
    res.end(Buffer.from(await response.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
