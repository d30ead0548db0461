// Reads and writes the file of --keep and --resume.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { UsageError } from "./usage-error.js";

/**
 * Returns the path of the file to write, and the snapshot to resume.
 * @param {{ keep?: string, resume?: string }} values
 * @returns {{ path?: string, snapshot?: any }}
 */
export function openKept({ keep, resume }) {
  if (keep && existsSync(keep) && keep !== resume)
    throw new UsageError(`${keep} exists. To go on with its run: --resume ${keep}`);
  return { path: keep ?? resume, snapshot: resume ? read(resume) : undefined };
}

/** @param {string} path */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`--resume ${path}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Writes a new file and renames it, so a process that ends during the write keeps the old file.
 * Only the user may read it, because it has the question and the answers.
 * @param {string} path
 * @param {unknown} snapshot
 */
export function writeKept(path, snapshot) {
  writeFileSync(`${path}.new`, JSON.stringify(snapshot), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
