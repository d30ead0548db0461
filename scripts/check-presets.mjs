// `node scripts/check-presets.mjs [BASE_URL]`: lists the models in src/data/presets.json that the
// provider does not list at `/models`. The default of BASE_URL is OpenRouter, which needs no key.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMain, main, root, UserError } from "./lib/process.mjs";

const OPENROUTER = "https://openrouter.ai/api/v1";
/** Time limit of the request for the list of models, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Returns the ids of a provider's models. Fails if the provider sends no list. */
async function modelsOf(baseURL) {
  const url = `${baseURL.replace(/\/+$/, "")}/models`;
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new UserError(`${url}: ${error.cause?.message ?? error.message}`);
  }
  const list = await response.json().catch(() => undefined);
  const ids = Array.isArray(list?.data) ? list.data.map(({ id }) => id) : [];
  if (!response.ok || ids.length === 0)
    throw new UserError(`${url} has no list of models (status ${response.status})`);
  return new Set(ids);
}

/**
 * Returns each model that the provider does not know, with the names of the presets that contain
 * the model.
 * @param {{ name: string, panel: string[], model: string }[]} presets
 * @param {string} baseURL
 */
export async function unknownModels(presets, baseURL) {
  const known = await modelsOf(baseURL);
  const unknown = new Map();
  for (const { name, panel, model } of presets) {
    for (const id of new Set([...panel, model])) {
      if (!known.has(id)) unknown.set(id, [...(unknown.get(id) ?? []), name]);
    }
  }
  return [...unknown].map(([id, names]) => ({ model: id, presets: names }));
}

if (isMain(import.meta)) {
  await main(async () => {
    const baseURL = process.argv[2] ?? OPENROUTER;
    const presets = JSON.parse(await readFile(join(root, "src/data/presets.json"), "utf8"));
    const unknown = await unknownModels(presets, baseURL);
    for (const { model, presets } of unknown) console.log(`${model}: ${presets.join(", ")}`);
    if (unknown.length === 0) console.log(`${baseURL} has every model of the presets.`);
    return unknown.length > 0 ? 1 : 0;
  });
}
