// POST /ask takes `{ prompt }` and answers with the events of a run.

import { error } from "@sveltejs/kit";
import { fuse } from "llm-fuse";
import { ANALYST, BASE_URL, OPENROUTER_API_KEY, PANEL, WRITER } from "$app/env/private";

const panel = PANEL
  ? { analysis_models: PANEL.split(","), analyst: ANALYST, writer: WRITER }
  : { preset: "general-fast" };

// This key pays for every visitor. Authenticate visitors first.
export async function POST({ request }) {
  const { prompt } = await request.json();
  if (typeof prompt !== "string") error(400, "`prompt` is missing");
  const run = fuse({ ...panel, prompt }, { apiKey: OPENROUTER_API_KEY, baseURL: BASE_URL });
  return run.toResponse({ request });
}
