// Starts examples/hono.mjs in a process and calls it.

import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import OpenAI from "openai";
import { analysis, says } from "../provider/scripts.mjs";
import { equal, failure, ok, within } from "../scenarios/assert.mjs";
import { ANALYST, defaultScripts, PANEL } from "../scenarios/fixtures.mjs";
import { KEYS, SERVER_KEY } from "./deploy.mjs";

const ours = (path) => new URL(`../../${path}`, import.meta.url).pathname;

export default [
  {
    name: "hono: the endpoint on Node answers OpenAI's client and refuses requests without a key",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ANALYST]: { sequence: [analysis(["A", "B"]), says("Yes, it is blue.")] },
        }),
      );
      const folder = await mkdtemp(join(tmpdir(), "llm-fuse-hono-"));
      await mkdir(join(folder, "node_modules"));
      await symlink(
        join(t.installed, "node_modules/llm-fuse"),
        join(folder, "node_modules/llm-fuse"),
      );
      for (const name of ["hono", "@hono"])
        await symlink(ours(`node_modules/${name}`), join(folder, "node_modules", name));
      await copyFile(ours("examples/hono.mjs"), join(folder, "hono.mjs"));
      const env = {
        ...process.env,
        OPENROUTER_API_KEY: SERVER_KEY,
        CLIENT_KEY: KEYS[0],
        BASE_URL: t.session.baseURL,
        PORT: "0",
      };
      const server = spawn(process.execPath, ["hono.mjs"], {
        cwd: folder,
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const [baseURL] = await within(30_000, firstLine(server), "the server's start");
        const ask = (apiKey) =>
          new OpenAI({ apiKey, baseURL, maxRetries: 0 }).chat.completions.create({
            model: "openrouter/fusion",
            stream: true,
            messages: [{ role: "user", content: "Is the sky blue?" }],
            plugins: [{ id: "fusion", analysis_models: PANEL, model: ANALYST }],
          });
        let text = "";
        for await (const { choices } of await ask(KEYS[0])) text += choices[0]?.delta.content ?? "";
        equal(text, "Yes, it is blue.");
        ok((await failure(ask("guess"))) instanceof OpenAI.AuthenticationError);
      } finally {
        server.kill();
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];

const firstLine = async (server) => {
  for await (const line of createInterface({ input: server.stdout })) return [line];
  throw new Error("the process ended without output");
};
