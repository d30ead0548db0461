// A page that loads the core as a separate file.

import { scriptedFetch } from "llm-fuse/testing";
import * as core from "llm-fuse/url";
import { faults } from "./scenario.mjs";

window.check = (baseURL) => faults({ ...core, scriptedFetch }, baseURL);
