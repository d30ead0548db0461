// What the endpoint promises, by chapter.

import ai from "./ai.mjs";
import chat from "./chat.mjs";
import entry from "./entry.mjs";
import messages from "./messages.mjs";
import responses from "./responses.mjs";
import sdk from "./sdk.mjs";

const chapters = { entry, chat, responses, messages, sdk, ai };

export const scenarios = Object.entries(chapters).flatMap(([chapter, list]) =>
  list.map((scenario, i) => ({ ...scenario, name: `${chapter}: ${scenario.name}`, id: `handler-${chapter}-${i}` })),
);
