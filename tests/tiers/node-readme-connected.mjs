// Checks of the documentation's examples that connect other software.

import { AIBinding } from "../integrations/ai-binding.mjs";
import { equal, includes } from "../scenarios/assert.mjs";

/** Cloudflare's models of the example answer with the stand-in's stream. */
export async function connectsWorkersAi({ module }) {
  const binding = new AIBinding();
  const AI = {
    run(model, inputs, options) {
      equal(options.gateway, { id: "default" });
      if (JSON.stringify(inputs).includes("Compare the answers.")) return { response: "{}", model };
      return binding.run("@cf/old/stream", inputs, options);
    },
  };
  const body = JSON.stringify({ prompt: "Is the sky blue?" });
  const request = new Request("https://worker.example/", { method: "POST", body });
  const response = await module.default.fetch(request, { AI });
  includes(await response.text(), '"answer":"old étream"');
  equal(binding.calls.length, 4, "three panelists and the writer");
}
