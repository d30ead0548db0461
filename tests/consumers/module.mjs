// Imports the package by its name.
import * as core from "llm-fuse";
import { scriptedFetch } from "llm-fuse/testing";
import { faults } from "./scenario.mjs";

export default (baseURL) => faults({ ...core, scriptedFetch }, baseURL);
