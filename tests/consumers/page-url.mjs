// The core as a file of its own.
import * as core from "llm-fuse/url";
import { scriptedFetch } from "llm-fuse/testing";
import { faults } from "./scenario.mjs";

window.check = (baseURL) => faults({ ...core, scriptedFetch }, baseURL);
