// `npm start`: installs what is missing, builds the package and the demo page, and serves the page
// on PORT.
import { join } from "node:path";
import { atExit, main, root, UserError } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

const usualPort = 4173;
const page = join(root, "www");

async function start() {
  const port = chosenPort(process.env.PORT);
  await setup();
  // Import these modules only here: the set-up must first install their dependencies.
  const { build } = await import("./build.mjs");
  const vite = await import("vite");

  await build();
  await vite.build({ root: page, logLevel: "warn" });
  const server = await serve(vite, port);
  atExit(() => server.close());
  console.log(
    `\nThe demo page: http://127.0.0.1:${server.httpServer.address().port}/\nCtrl-C ends it.`,
  );
  await new Promise(() => {});
}

/**
 * Returns the port in PORT. If PORT is empty, returns undefined, and Vite takes the usual port or
 * the next free one.
 */
function chosenPort(text) {
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UserError(`PORT is ${JSON.stringify(text)}. It must be an integer from 0 to 65535.`);
  return port;
}

async function serve(vite, port) {
  try {
    // Listen on loopback only, because the page may hold a key.
    const preview = {
      host: "127.0.0.1",
      port: port ?? usualPort,
      strictPort: port !== undefined,
      open: false,
    };
    return await vite.preview({ root: page, logLevel: "warn", preview });
  } catch (error) {
    if (/already in use/.test(error.message))
      throw new UserError(`Port ${port} is in use. Try another: PORT=${port + 1} npm start`);
    if (error.code === "EACCES")
      throw new UserError(`Port ${port} needs more rights: ${error.message}`);
    throw error;
  }
}

await main(start, { interrupted: 0 });
