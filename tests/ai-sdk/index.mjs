// All scenarios of llm-fuse/ai-sdk, with their ids.

import failures from "./failures.mjs";
import mockFailures from "./mock-failures.mjs";
import mocks from "./mocks.mjs";
import model from "./model.mjs";
import options from "./options.mjs";
import providers from "./providers.mjs";
import tools from "./tools.mjs";
import ui from "./ui.mjs";

export const scenarios = [
  ...model,
  ...options,
  ...tools,
  ...failures,
  ...mocks,
  ...mockFailures,
  ...providers,
  ...ui,
].map((scenario, id) => ({ ...scenario, id }));
