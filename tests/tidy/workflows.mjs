// Checks GitHub's workflow files with GitHub's own parser.
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Returns a workflow's errors: unknown keys, wrong values, unknown jobs, wrong expressions. */
export async function workflowErrors(path, text) {
  parser ??= loadParser();
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await parser;
  const file = { name: path, content: text };
  const { context, value } = parseWorkflow(file, new NoOperationTraceWriter());
  // The conversion appends its errors to `context.errors`, which already contains the parser's
  // errors.
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map((error) => error.message);
}

let parser;

/** Bundles the parser and imports the bundle, because Node cannot load the parser's JSON files. */
async function loadParser() {
  const outfile = join(root, "target/tidy/workflow-parser.cjs");
  await build({
    stdin: { contents: 'export * from "@actions/workflow-parser";', resolveDir: root },
    bundle: true,
    format: "cjs",
    platform: "node",
    outfile,
  });
  return import(pathToFileURL(outfile));
}
