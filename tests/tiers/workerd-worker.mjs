// Runs inside the Worker: workerd.mjs sends a request for each scenario or run.

import * as core from "llm-fuse";
import * as testing from "llm-fuse/testing";
import * as tools from "llm-fuse/tools";
import { runScenario } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";

const api = { ...core, testing, tools };
const rejections = [];
// Errors that workerd reports as unhandled rejections if a connection ends during a read. workerd
// reports these errors even if every promise is handled. It also reports them for code that only
// calls `fetch`.
const ITS_OWN = /^AbortError: The operation was aborted|^Error: Network connection lost/;
addEventListener(
  "unhandledrejection",
  ({ reason }) => ITS_OWN.test(reason) || rejections.push(String(reason)),
);

let requests = 0;
let instance;

export default {
  async fetch(message) {
    requests += 1;
    // Set the instance's name at the first request, because Workers forbid random values at module
    // scope.
    instance ??= `${crypto.randomUUID()}, first of ${requests}`;
    const [, route, id] = new URL(message.url).pathname.split("/");
    const body = await message.json();
    return routes[route](body, id);
  },
};

const routes = {
  instance: () => new Response(instance),

  async scenario(ports, id) {
    const scenario = scenarios.find((one) => one.id === id);
    return Response.json(
      await runScenario(scenario, {
        api,
        runtime: "workerd",
        unhandled: () => rejections,
        ...ports,
      }),
    );
  },

  run: ({ request, baseURL }) =>
    new Response(api.fuse(request, { baseURL }).toReadableStream(), {
      headers: { "content-type": "text/event-stream" },
    }),

  async cancelled({ request, baseURL }) {
    const run = api.fuse(request, { baseURL });
    const result = run.result();
    setTimeout(() => run.cancel(), 100);
    return new Response(
      await result.then(
        () => "completed",
        (error) => error.code,
      ),
    );
  },

  /** Starts a run and sends the response before the run has ended. Users should not do this. */
  async forgotten({ request, baseURL }) {
    await api.fuse(request, { baseURL })[Symbol.asyncIterator]().next();
    return new Response("left");
  },
};
