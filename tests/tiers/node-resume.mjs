// A program such as users write. The program stores its run in a file. node.mjs starts, kills and
// restarts the program.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fuse } from "llm-fuse";

const [file, baseURL, request] = process.argv.slice(2);
const onSnapshot = (snapshot) => {
  // Write a new file and rename it, because the process may be killed during a write.
  writeFileSync(`${file}.new`, JSON.stringify(snapshot));
  renameSync(`${file}.new`, file);
};
const resume = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
const result = await fuse(resume ? { resume } : JSON.parse(request), {
  baseURL,
  onSnapshot,
}).result();
console.log(
  JSON.stringify({
    responses: result.responses.length,
    answer: result.answer,
    analysis: "analysis" in result,
  }),
);
