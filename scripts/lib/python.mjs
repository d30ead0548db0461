// Installs the Python clients that the test tier `sdks` uses. tests/sdks/requirements.txt lists the
// clients. The folder is target/python.
import { join } from "node:path";
import { root } from "./process.mjs";

const pythonFolder = join(root, "target/python");
const wanted = join(root, "tests/sdks/requirements.txt");
const installed = join(pythonFolder, "requirements.txt");

/** The path of the Python program in the virtual environment with the clients. */
export const python = join(pythonFolder, "bin/python");

/**
 * Installs the clients into a virtual environment. Returns `{ name, help }` if something is
 * missing.
 */
export async function pythonClients({ exists, read, log, run, capture, copy }) {
  if (exists(python) && exists(installed) && read(installed) === read(wanted)) return undefined;
  const missing = (help) => ({ name: "python", help });
  if ((await capture("python3", "-c", "import venv, ensurepip")) === undefined)
    return missing("install Python 3.10 or later with `venv` (Debian: python3-venv)");
  log("Installing Python's clients of tests/sdks/requirements.txt into target/python");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  const isInstalled =
    (await run("python3", ["-m", "venv", "--clear", pythonFolder])) &&
    (await run(python, [...pip, "--requirement", wanted]));
  if (!isInstalled) return missing("`pip install` failed. Is the package index reachable?");
  copy(wanted, installed);
  return undefined;
}
