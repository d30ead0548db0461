// A program for Node, Deno and Bun.
import check from "./module.mjs";

const [baseURL] = globalThis.Deno?.args ?? process.argv.slice(2);
console.log(`faults: ${JSON.stringify(await check(baseURL))}`);
