// The scenarios of the endpoint by topic.

import chat from "./chat.mjs";
import clientFields from "./client-fields.mjs";
import entry from "./entry-forms.mjs";
import escalate from "./escalate.mjs";
import golden from "./golden.mjs";
import hostile from "./hostile.mjs";
import keptRuns from "./kept-runs.mjs";
import keptRunsStore from "./kept-runs-store.mjs";
import messages from "./messages.mjs";
import sdk from "./openrouter-sdk.mjs";
import options from "./options.mjs";
import progress from "./progress.mjs";
import refusals from "./refusals.mjs";
import requestFields from "./request-fields.mjs";
import responses from "./responses.mjs";
import retries from "./retries.mjs";
import sdkDetails from "./sdk-details.mjs";
import serverDefaults from "./server-defaults.mjs";
import signed from "./signed.mjs";
import streams from "./streams.mjs";
import tools from "./tools.mjs";
import ai from "./vercel-ai-sdk.mjs";

const chapters = {
  entry,
  chat,
  responses,
  messages,
  sdk,
  ai,
  tools,
  signed,
  streams,
  progress,
  refusals,
  hostile,
  retries,
  options,
  "client-fields": clientFields,
  "sdk-details": sdkDetails,
  fields: requestFields,
  escalate,
  "server-defaults": serverDefaults,
  "kept-runs": keptRuns,
  "kept-runs-store": keptRunsStore,
  golden,
};

export const scenarios = Object.entries(chapters).flatMap(([chapter, list]) =>
  list.map((scenario, i) => ({
    ...scenario,
    name: `${chapter}: ${scenario.name}`,
    id: `handler-${chapter}-${i}`,
  })),
);
