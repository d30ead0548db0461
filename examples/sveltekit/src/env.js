import { defineEnvVars } from "@sveltejs/kit/env";

const optional = { schema: (value) => value };

export const variables = defineEnvVars({
  OPENROUTER_API_KEY: optional,
  BASE_URL: optional,
  PANEL: optional,
  ANALYST: optional,
  WRITER: optional,
});
