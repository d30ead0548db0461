// The scenarios of the endpoint by chapter.

import ai from "./ai.mjs";
import chat from "./chat.mjs";
import entry from "./entry.mjs";
import golden from "./golden.mjs";
import messages from "./messages.mjs";
import refusals from "./refusals.mjs";
import responses from "./responses.mjs";
import sdk from "./sdk.mjs";
import streams from "./streams.mjs";
import tools from "./tools.mjs";

const chapters = { entry, chat, responses, messages, sdk, ai, tools, streams, refusals, golden };

export const scenarios = Object.entries(chapters).flatMap(([chapter, list]) =>
  list.map((scenario, i) => ({
    ...scenario,
    name: `${chapter}: ${scenario.name}`,
    id: `handler-${chapter}-${i}`,
  })),
);
