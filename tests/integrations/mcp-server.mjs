// Tests examples/mcp in its own process, with the official client over HTTP.

import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { cites, says } from "../provider/scripts.mjs";
import { equal, includes, ok, within } from "../scenarios/assert.mjs";

const ours = (path) => new URL(`../../${path}`, import.meta.url).pathname;

async function startServer(t) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-mcp-"));
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  await symlink(join(t.installed, "node_modules/llm-fuse"), join(modules, "llm-fuse"));
  for (const name of ["@hono", "hono", "@modelcontextprotocol", "zod"])
    await symlink(ours(`node_modules/${name}`), join(modules, name));
  for (const name of ["runs.mjs", "server.mjs", "tools.mjs"])
    await copyFile(ours(`examples/mcp/${name}`), join(folder, name));
  const env = {
    OPENROUTER_API_KEY: "k",
    BASE_URL: t.session.baseURL,
    MODELS: "a/one, b/two",
    MAX_COST: "",
    PORT: "0",
  };
  const server = spawn(process.execPath, ["server.mjs"], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await within(30_000, firstLine(server), "the server's start");
  const close = async () => {
    server.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { url, close };
}

const firstLine = async ({ stdout }) => {
  for await (const line of createInterface({ input: stdout })) return [line];
  throw new Error("the server has ended");
};

async function connected(url, options) {
  const client = new Client({ name: "test", version: "1" }, options);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

const ask = async (client, name, args) => {
  const { structuredContent, isError, content } = await client.callTool({ name, arguments: args });
  // An error has no structured content, because a client would compare such content with the tool's
  // output schema.
  equal(structuredContent === undefined, Boolean(isError), JSON.stringify(content));
  return { ...structuredContent, isError: Boolean(isError), text: content[0].text };
};

/** Scripts for one model, which answers as panelist, analyst and writer. */
const script = (more) => ({ "*": says("Blue."), ...more });

export default [
  {
    name: "mcp: a client starts a fusion, reads its progress and its answer",
    async run(t) {
      const annotations = [cites("https://sky.example/", "The sky")];
      await t.session.script(script({ "*": says("Blue.", { annotations }) }));
      const { url, close } = await startServer(t);
      try {
        for (const versionNegotiation of [undefined, { mode: "auto" }]) {
          const client = await connected(url, versionNegotiation && { versionNegotiation });
          const { tools } = await client.listTools();
          equal(
            tools.map(({ name, annotations }) => [name, annotations.readOnlyHint]),
            [
              ["fusion_start", false],
              ["fusion_result", true],
              ["fusion_stop", false],
            ],
          );
          const { id } = await ask(client, "fusion_start", { question: "Is the sky blue?" });
          let state = await ask(client, "fusion_result", { id, wait_seconds: 0 });
          const seen = [state.status];
          while (state.status === "running") {
            state = await ask(client, "fusion_result", { id, wait_seconds: 5 });
            seen.push(state.status);
          }
          equal([state.status, state.answer], ["completed", "Blue."]);
          equal(state.text, "Blue.\n\nSources:\n- https://sky.example/");
          ok(
            seen.every((status) => ["running", "completed"].includes(status)),
            seen.join(),
          );
          await client.close();
        }
      } finally {
        await close();
      }
    },
  },
  {
    name: "mcp: runs are bounded, show who has answered, and can be stopped",
    async run(t) {
      await t.session.script(script({ "*": says("Blue.", { stall: { after: 1 } }) }));
      const { url, close } = await startServer(t);
      try {
        const client = await connected(url);
        const ids = [];
        for (let i = 0; i < 3; i++)
          ids.push((await ask(client, "fusion_start", { question: "?" })).id);
        const fourth = await ask(client, "fusion_start", { question: "?" });
        equal(fourth.isError, true);
        includes(fourth.text, "3 fusions are running");
        const state = await ask(client, "fusion_result", { id: ids[0], wait_seconds: 1 });
        equal([state.status, state.answered, state.analysed], ["running", [], false]);
        equal((await ask(client, "fusion_stop", { id: ids[0] })).stopped, ids[0]);
        const ended = await ask(client, "fusion_result", { id: ids[0] });
        equal([ended.text, ended.isError], ["cancelled: the run was cancelled", true]);
        ok((await ask(client, "fusion_start", { question: "?" })).id, "there is room again");
        for (const name of ["fusion_result", "fusion_stop"])
          includes((await ask(client, name, { id: "guess" })).text, "guess");
        await client.close();
        for (const headers of [{ origin: "https://evil.example" }]) {
          const response = await fetch(url, { method: "POST", headers, body: "{}" });
          equal(response.status, 403);
        }
      } finally {
        await close();
      }
    },
  },
];
