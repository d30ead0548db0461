// Tests check-presets.mjs with a server on loopback.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { unknownModels } from "./check-presets.mjs";

const script = fileURLToPath(new URL("./check-presets.mjs", import.meta.url));
const presets = JSON.parse(
  await readFile(new URL("../src/data/presets.json", import.meta.url), "utf8"),
);
const names = [...new Set(presets.flatMap(({ panel, model }) => [...panel, model]))];

/** Starts a server that sends `body` at `/v1/models`. Calls `use` with the server's base URL. */
async function served(status, body, use) {
  const server = createServer((request, response) => {
    const isList = request.url === "/v1/models";
    response.writeHead(isList ? status : 404, { "content-type": "application/json" });
    response.end(isList ? body : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await use(`http://127.0.0.1:${server.address().port}/v1`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const list = (ids) => JSON.stringify({ data: ids.map((id) => ({ id })) });

/** Runs the script. Returns its exit code and its output. */
async function run(baseURL) {
  const child = spawn(process.execPath, [script, baseURL]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output += text;
    });
  }
  const [code] = await once(child, "close");
  return { code, output };
}

test("a model that the provider no longer has is listed with its presets", async () => {
  const [gone] = names;
  const rest = names.filter((name) => name !== gone);
  await served(200, list(rest), async (baseURL) => {
    const [unknown, ...others] = await unknownModels(presets, baseURL);
    assert.deepEqual([unknown.model, others], [gone, []]);
    assert.ok(unknown.presets.includes("general-high"));
    const { code, output } = await run(`${baseURL}/`);
    assert.deepEqual([code, output], [1, `${gone}: ${unknown.presets.join(", ")}\n`]);
  });
});

test("a provider that has every model passes", async () => {
  await served(200, list([...names, "other/model"]), async (baseURL) => {
    assert.deepEqual(await run(baseURL), {
      code: 0,
      output: `${baseURL} has every model of the presets.\n`,
    });
  });
});

test("a response without a list is an error, and no proof that all models are gone", async () => {
  for (const [status, body] of [
    [500, "{}"],
    [200, "<html>"],
    [200, '{"data":[]}'],
    [401, list(names)],
  ]) {
    await served(status, body, async (baseURL) => {
      const { code, output } = await run(baseURL);
      assert.ok(code > 0 && output.includes("has no list of models"), output);
    });
  }
  const { code, output } = await run("http://127.0.0.1:9/v1");
  assert.ok(code > 0 && output.includes("http://127.0.0.1:9/v1/models"), output);
});

test("each preset has the date of its last change", () => {
  for (const { name, updated } of presets) {
    assert.match(updated, /^20\d\d-\d\d-\d\d$/, name);
    assert.ok(!Number.isNaN(Date.parse(updated)), name);
  }
});
