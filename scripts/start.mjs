// `npm start`: sets up, builds the package and the demo page, and serves the page until Ctrl-C. PORT chooses where.
import { join } from "node:path";
import { atExit, main, root, UserError } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

const usualPort = 4173;
const page = join(root, "www");

async function start() {
  const port = chosenPort(process.env.PORT);
  await setup();
  // These import what the set-up has just installed.
  const { build } = await import("./build.mjs");
  const vite = await import("vite");

  await build();
  await vite.build({ root: page, logLevel: "warn" });
  const server = await serve(vite, port);
  atExit(() => server.close());
  console.log(`\nThe demo page: http://127.0.0.1:${server.httpServer.address().port}/\nCtrl-C ends it.`);
  await new Promise(() => {});
}

/** undefined: the usual one, or the next that is free. */
function chosenPort(text) {
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UserError(`PORT is ${JSON.stringify(text)}; it must be a number from 0 to 65535.`);
  return port;
}

async function serve(vite, port) {
  try {
    // Not one of the machine's other addresses: the page may hold somebody's key.
    const preview = { host: "127.0.0.1", port: port ?? usualPort, strictPort: port !== undefined, open: false };
    return await vite.preview({ root: page, logLevel: "warn", preview });
  } catch (error) {
    if (/already in use/.test(error.message)) throw new UserError(`Port ${port} is taken. Choose another one: PORT=${port + 1} npm start`);
    if (error.code === "EACCES") throw new UserError(`Port ${port} is not ours to open: ${error.message}`);
    throw error;
  }
}

await main(start, { interrupted: 0 });
