// Checks the example of docs/security.md that pins the addresses of `webFetch`.

import { once } from "node:events";
import { createServer } from "node:http";
import { equal, failure, includes, ok } from "../scenarios/assert.mjs";

/**
 * Checks that the connection goes to the checked address, and that the host name is resolved once.
 */
export async function pinsAddresses({ module }) {
  const hosts = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.setHeader("content-type", "text/plain").end("reached");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `rebinding.example:${server.address().port}`;
  // The checked address is public. The connection goes to this machine instead, because a test must
  // not use the network.
  const seen = ["93.184.215.14"];
  const pinned = {
    family: 4,
    get address() {
      return seen.shift() ?? "127.0.0.1";
    },
  };
  const answers = [[pinned], [{ address: "10.0.0.1", family: 4 }]];
  const lookup = async () => answers.shift();
  const open = module.pinnedWebFetch({ lookup, timeout_ms: 60_000 });
  try {
    ok((await open({ url: `http://${host}/` })).content.includes("reached"));
    equal([hosts, seen], [[host], []], "the pinned address");
    // For the second call, the lookup returns another address, which the pinned function ignores.
    // It checks the first address object again, which now returns 127.0.0.1 and is refused.
    includes((await failure(open({ url: `http://${host}/` }))).message, "may not be fetched");
    equal([hosts.length, answers.length, pinned.address], [1, 0, "127.0.0.1"]);
    const late = module.pinnedWebFetch({
      lookup: async () => [{ address: "10.0.0.1", family: 4 }],
    });
    includes((await failure(late({ url: `http://${host}/` }))).message, "may not be fetched");
  } finally {
    server.close();
  }
}
