// `llm-fuse serve`: serves the endpoint of llm-fuse/handler on this machine.

import { once } from "node:events";
import { createServer } from "node:http";
import { isIP } from "node:net";
import { estimate } from "llm-fuse";
import { createHandler } from "llm-fuse/handler";
import { toNodeHandler } from "llm-fuse/node";
import { findProviders } from "./environment.js";
import { oneLine, printable } from "./printable.js";
import { requestFields } from "./request.js";
import { createGuard, hostname, isLoopback, isOrigin } from "./serve-guard.js";
import { createLog } from "./serve-log.js";
import { toolOptions } from "./tools.js";
import { UsageError } from "./usage-error.js";

const PORT = 8787;

/**
 * Serves until Ctrl-C. Resolves to the exit code.
 * @param {any} values
 * @param {NodeJS.Process} process
 */
export async function serve(values, process) {
  const settings = readSettings(values, process.env);
  const { options, panel } = await findProviders(values, process.env);
  const defaults = requestFields(values, panel);
  await checkPrices(defaults, options, values["max-cost"]);

  const log = createLog(process.stderr, values.quiet);
  const { clientKeys, origins } = settings;
  const handler = createHandler({
    ...options,
    ...toolOptions(process.env),
    defaults,
    ...(values["max-cost"] && { max_cost: values["max-cost"] }),
    // Without client keys, only programs on this machine get access. The guard refuses web pages.
    ...(clientKeys.length > 0 ? { clientKeys } : { authorize: () => true }),
    ...(origins.length > 0 && { cors: { origins: origins.includes("*") ? "*" : origins } }),
    ...(values.progress && { progress: true }),
    fetch: log.fetch,
    onError: log.error,
  });
  const refusal = createGuard(settings);
  const listener = toNodeHandler(handler);
  const server = createServer();
  const connections = trackConnections(server);
  server.on("request", (req, res) => {
    const refused = refusal(req.headers);
    if (refused !== undefined) return refuse(req, res, refused, log);
    log.request(req, res, () => void listener(req, res));
  });
  await listen(server, settings);
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  process.stderr.write(
    `Serves http://${name}:${address.port}/v1 with ${describe(defaults)}; ` +
      `${clientKeys.length > 0 ? "clients need a key" : "any key will do"}. Ctrl-C stops.\n`,
  );
  await stopped(server, process, log, connections);
  return 0;
}

/**
 * @param {any} values
 * @param {Record<string, string | undefined>} env
 */
function readSettings(values, { LLM_FUSE_CLIENT_KEY }) {
  const host = values.host ?? "127.0.0.1";
  const clientKeys = values["client-key"] ?? (LLM_FUSE_CLIENT_KEY ? [LLM_FUSE_CLIENT_KEY] : []);
  const origins = values["allow-origin"] ?? [];
  if (clientKeys.length === 0 && !isLoopback(host))
    throw new UsageError(`--host ${host} is open to other machines, so it needs --client-key`);
  if (clientKeys.length === 0 && origins.includes("*"))
    throw new UsageError("--allow-origin '*' lets every page ask, so it needs --client-key");
  for (const origin of origins)
    if (origin !== "*" && !isOrigin(origin))
      throw new UsageError(`--allow-origin ${origin} is no origin such as https://app.example`);
  const hosts = values["allow-host"] ?? [];
  for (const name of hosts)
    if (isIP(name) === 0 && hostname(name) !== name.toLowerCase())
      throw new UsageError(`--allow-host ${name} is no name without a port, such as nas.local`);
  return { host, port: values.port ?? PORT, clientKeys, origins, hosts };
}

/**
 * Refuses `--max-cost` if a model has no price, because every request would fail.
 * @param {any} defaults
 * @param {any} options
 * @param {number | undefined} limit
 */
async function checkPrices(defaults, options, limit) {
  if (limit === undefined) return;
  const { unknown } = await estimate({ prompt: "?", ...defaults }, options).catch((error) => {
    throw new UsageError(`--max-cost: ${oneLine(error.message)}`);
  });
  if (unknown.length > 0)
    throw new UsageError(
      `--max-cost needs a price of each model; there is none of ${unknown.join(", ")}`,
    );
}

/** @param {any} defaults */
const describe = ({ analysis_models, preset }) =>
  printable(analysis_models?.join(", ") ?? `the preset ${preset ?? "general-high"}`);

/**
 * @param {import("node:http").Server} server
 * @param {{ host: string, port: number }} settings
 */
async function listen(server, { host, port }) {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new UsageError(`cannot listen: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {import("node:http").IncomingMessage} req
 * @param {import("node:http").ServerResponse} res
 * @param {string} message
 * @param {ReturnType<typeof createLog>} log
 */
function refuse(req, res, message, log) {
  log.line(`refused: ${message}`);
  // The server does not read the request's body, so the connection cannot carry another request.
  res.writeHead(403, { "content-type": "application/json", connection: "close" });
  res.end(JSON.stringify({ error: { code: 403, message: `llm-fuse serve: ${message}` } }));
  req.resume();
}

/**
 * Returns a map of the server's connections. The value is `true` while the connection has an open
 * request.
 * @param {import("node:http").Server} server
 */
function trackConnections(server) {
  /** @type {Map<import("node:net").Socket, boolean>} */
  const connections = new Map();
  server.on("connection", (socket) => {
    connections.set(socket, false);
    socket.on("close", () => connections.delete(socket));
  });
  server.on("request", ({ socket }, res) => {
    connections.set(socket, true);
    res.on("close", () => {
      if (!connections.has(socket)) return;
      connections.set(socket, false);
      if (!server.listening) socket.destroySoon();
    });
  });
  return connections;
}

/**
 * Waits for Ctrl-C, then for the open requests.
 * @param {import("node:http").Server} server
 * @param {NodeJS.Process} process
 * @param {ReturnType<typeof createLog>} log
 * @param {ReturnType<typeof trackConnections>} connections
 */
async function stopped(server, process, log, connections) {
  const closed = once(server, "close");
  // Listen for one signal only. A second signal then ends the process immediately.
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  const open = log.open();
  if (open > 0)
    process.stderr.write(
      `Waits for ${open} open request${open > 1 ? "s" : ""}. Ctrl-C ends them.\n`,
    );
  server.close();
  // `server.close()` does not close connections that have not sent a complete request.
  for (const [socket, isBusy] of connections) if (!isBusy) socket.destroy();
  await closed;
}
