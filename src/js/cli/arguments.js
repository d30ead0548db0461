// Reads the command line.

import { parseArgs } from "node:util";
import { didYouMean } from "../did-you-mean.js";
import { UsageError } from "./usage-error.js";

const text = /** @type {const} */ ({ type: "string" });
const list = /** @type {const} */ ({ type: "string", multiple: true });
const flag = /** @type {const} */ ({ type: "boolean" });

/** Options of all commands. */
const shared = {
  models: { ...list, short: "m" },
  preset: text,
  analyst: text,
  writer: text,
  "base-url": text,
  effort: text,
  "no-tools": flag,
  "max-tokens": text,
  "max-cost": text,
  quiet: { ...flag, short: "q" },
  help: { ...flag, short: "h" },
};

const askOptions = {
  ...shared,
  system: text,
  file: { ...list, short: "f" },
  keep: text,
  resume: text,
  json: flag,
  sample: flag,
  version: { ...flag, short: "v" },
};

const serveOptions = {
  ...shared,
  port: text,
  host: text,
  "client-key": list,
  "allow-origin": list,
  "allow-host": list,
  progress: flag,
};

const evalOptions = {
  ...shared,
  grader: text,
  "grader-max-tokens": text,
  request: text,
  prices: text,
  out: text,
  parallel: text,
  yes: { ...flag, short: "y" },
};

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * Returns the command, its options and its arguments. For `ask`, the arguments are the words of the
 * question. For `eval`, the only argument is the path of the file of tasks.
 * @param {string[]} args
 * @returns {{ command: "ask" | "serve" | "eval", values: any, words: string[] }}
 */
export function readArguments(args) {
  if (args[0] === "serve") {
    const { values, positionals } = parse(args.slice(1), serveOptions);
    if (positionals.length > 0)
      throw new UsageError(`\`serve\` takes no argument, but has \`${positionals[0]}\``);
    return { command: "serve", values: check(values), words: [] };
  }
  if (args[0] === "eval") {
    const { values, positionals } = parse(args.slice(1), evalOptions);
    if (positionals.length !== 1 && !values.help)
      throw new UsageError("`eval` takes one file of tasks: llm-fuse eval tasks.jsonl");
    return { command: "eval", values: check(values), words: positionals };
  }
  const { values, positionals } = parse(args, askOptions);
  const [word] = positionals;
  const meant = args.length === 1 ? commandLike(word ?? "") : undefined;
  if (meant)
    throw new UsageError(
      `did you mean \`llm-fuse ${meant}\`? To ask this word: llm-fuse -- ${word}`,
    );
  return { command: "ask", values: check(values), words: positionals };
}

/**
 * Returns the command or the option that a single word probably means. If the word is not similar
 * to a command or an option, returns undefined.
 * @param {string} word
 */
function commandLike(word) {
  if (word === "help" || word === "version") return `--${word}`;
  return /^\w+$/.test(word) ? didYouMean(word, ["serve", "eval"]) : undefined;
}

/**
 * @param {string[]} args
 * @param {Record<string, any>} options
 * @returns {{ values: any, positionals: string[] }}
 */
function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(explain(/** @type {any} */ (error), Object.keys(options)));
  }
}

/**
 * @param {{ code?: string, message: string }} error
 * @param {string[]} names
 */
function explain({ code, message }, names) {
  const name = /^Unknown option '-{1,2}([^']+)'/.exec(message)?.[1];
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || name === undefined) return message.split("\n")[0];
  const meant = didYouMean(name, names) ?? names.find((known) => known === `${name}s`);
  const dashes = /^Unknown option '(-+)/.exec(message)?.[1];
  return `unknown option \`${dashes}${name}\`${meant ? `; did you mean \`--${meant}\`?` : ""}`;
}

/**
 * Checks and converts values.
 * @param {any} values
 */
function check(values) {
  const checked = { ...values };
  if (values.models)
    checked.models = values.models
      .flatMap((/** @type {string} */ names) => names.split(","))
      .map((/** @type {string} */ name) => name.trim())
      .filter(Boolean);
  if (values.effort !== undefined && !EFFORTS.includes(values.effort)) {
    const meant = didYouMean(values.effort, EFFORTS);
    throw new UsageError(
      `--effort is ${EFFORTS.join(", ")}${meant ? `; did you mean \`${meant}\`?` : ""}`,
    );
  }
  number(checked, "max-cost", (value) => value > 0, "an amount in USD above 0");
  const isCount = (/** @type {number} */ value) => Number.isInteger(value) && value > 0;
  number(checked, "max-tokens", isCount, "an integer");
  number(checked, "grader-max-tokens", isCount, "an integer");
  number(checked, "parallel", isCount, "an integer");
  number(checked, "port", (value) => Number.isInteger(value) && value <= 65535, "a port");
  return checked;
}

/**
 * @param {any} values
 * @param {string} name
 * @param {(value: number) => boolean} isValid
 * @param {string} what
 */
function number(values, name, isValid, what) {
  if (values[name] === undefined) return;
  const value = /^\d*\.?\d+$/.test(values[name]) ? Number(values[name]) : Number.NaN;
  if (!isValid(value)) throw new UsageError(`--${name} must be ${what}`);
  values[name] = value;
}
