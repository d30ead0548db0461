// Reads and writes the file with a run's snapshot, for the options `--keep` and `--resume`.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { UsageError } from "./usage-error.js";

/**
 * Returns the path of the file to write, and the snapshot to resume.
 * @param {{ keep?: string, resume?: string }} values
 * @returns {{ path?: string, snapshot?: any }}
 */
export function openKept({ keep, resume }) {
  if (keep && existsSync(keep) && keep !== resume)
    throw new UsageError(`${keep} exists. To go on with its run: --resume ${keep}`);
  if (keep) refuseUnwritable(keep);
  return { path: keep ?? resume, snapshot: resume ? read(resume) : undefined };
}

/**
 * Throws a UsageError if the file cannot be written. This is checked before the run costs money.
 * @param {string} path
 */
function refuseUnwritable(path) {
  try {
    writeNew(path, "");
    rmSync(`${path}.new`);
  } catch (error) {
    throw new UsageError(`--keep ${path}: ${/** @type {NodeJS.ErrnoException} */ (error).code}`);
  }
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
  writeNew(path, JSON.stringify(snapshot));
  renameSync(`${path}.new`, path);
}

/**
 * Writes a new file. First deletes an existing file of this name. That file could be a link by
 * which another user redirects the text.
 * @param {string} path
 * @param {string} text
 */
function writeNew(path, text) {
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, text, { mode: 0o600, flag: "wx" });
}
