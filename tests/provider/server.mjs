// The loopback provider. It answers HTTP requests in three dialects with the answers of scripts
// (scripts.mjs), and records every call. It answers paths that end in /chat/completions,
// /responses, /messages or /models. The first segment of a path is the session.

import { createServer } from "node:http";
import { answer } from "./answer.mjs";
import { deliver } from "./delivery.mjs";
import * as chat from "./dialect/chat.mjs";
import * as messages from "./dialect/messages.mjs";
import * as responses from "./dialect/responses.mjs";
import { refused } from "./request-validation/index.mjs";
import { refuses } from "./scripts.mjs";
import { Session } from "./session.mjs";
import { nextRound } from "./tool-rounds.mjs";

const dialects = { [chat.path]: chat, [responses.path]: responses, [messages.path]: messages };

/**
 * Listens on two ports: one for calls, one for control. Browsers allow six connections to a host,
 * and calls that stall must not block the control requests.
 */
export async function startProvider() {
  const sessions = new Map();
  const session = (name) => sessions.get(name) ?? sessions.set(name, new Session()).get(name);
  const serve = (request, response) => {
    route(request, response, session).catch((error) => response.destroy(error));
  };
  const servers = [createServer(serve), createServer(serve)];
  const [wire, control] = await Promise.all(servers.map(listen));
  return {
    wire,
    control,
    session,
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function listen(server) {
  server.requestTimeout = 0;
  // Keep idle connections open. If a connection closed while a client sends a request, that request
  // would fail.
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}

async function route(request, response, sessionOf) {
  allowAnyOrigin(request, response);
  keepNoBrowsersConnection(request, response);
  if (request.method === "OPTIONS") return void response.writeHead(204).end();

  const { pathname } = new URL(request.url, "http://provider");
  const segments = pathname.split("/").filter(Boolean);
  const session = sessionOf(
    /^(api|v1|chat|responses|messages|__\w+)$/.test(segments[0] ?? "api") ? "" : segments[0],
  );
  const verb = `${request.method} ${segments.at(-1)}`;

  if (verb === "PUT __script")
    return json(response, session.script(JSON.parse(await text(request))));
  if (verb === "GET __calls")
    return json(
      response,
      session.calls.map((call) => call.record),
    );
  if (verb === "POST __reset") return json(response, session.reset());
  if (verb === "POST __release") return json(response, session.release());

  const call = session.call(request, response, await text(request));
  await deliver(plan(session, call.record, verb, pathname), response, call);
}

// Closes each connection of a browser after one request. If a reused connection breaks before the
// answer, Chromium repeats the request and does not report the failure to the page.
// Connections of Node stay open, because Node does not repeat requests. If the server closed them
// and a response had no length, Node would not notice that the response was cut off.
function keepNoBrowsersConnection(request, response) {
  if (request.headers.origin) response.shouldKeepAlive = false;
}

function plan(session, call, verb, pathname) {
  const [method, last] = verb.split(" ");
  if (verb === "GET models")
    return answer(
      session.nextScript("GET /models"),
      call,
      call.headers["anthropic-version"] ? messages : chat,
    );
  if (method !== "POST" || !dialects[last])
    return answer(refuses(404, `No route ${pathname}`), call, chat);
  const dialect = dialects[last];
  call.dialect = dialect.name;
  const script = session.nextScript(call.model);
  const refusal = refused(call, script);
  if (refusal) {
    call.refused = refusal.error.message;
    return answer(refusal, call, dialect);
  }
  const asked = dialect.asked(call.body);
  call.tool_results = asked.results;
  return answer(script.rounds ? nextRound(script, asked, dialect.pauses) : script, call, dialect);
}

// The headers that real APIs allow from pages. Other headers fail the preflight, as at these APIs.
const headers =
  "authorization, content-type, x-api-key, anthropic-version, " +
  "anthropic-dangerous-direct-browser-access, http-referer, x-openrouter-title, " +
  "x-openrouter-categories";

function allowAnyOrigin(request, response) {
  response.setHeader("access-control-allow-origin", "*");
  if (request.method !== "OPTIONS") return;
  response.setHeader("access-control-allow-methods", "GET, POST, PUT, OPTIONS");
  response.setHeader("access-control-allow-headers", headers);
  response.setHeader("access-control-allow-private-network", "true");
  response.setHeader("access-control-max-age", "600");
}

async function text(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function json(response, value) {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value ?? {}));
}
