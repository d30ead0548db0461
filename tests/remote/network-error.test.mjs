// Tests src/js/network-error.js with real errors of Node. Also imitates a device that is offline.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { publicMessage } from "../../src/js/handler/api-error.js";
import { networkError } from "../../src/js/network-error.js";

const server = createServer((socket) => socket.end("HTTP/1.0 nothing\r\n"));
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());
const { port } = server.address();

const thrownBy = (url) =>
  fetch(url).then(
    () => assert.fail("a response"),
    (reason) => reason,
  );

test("the causes of errors that Node throws are distinguished", async () => {
  for (const [url, expected] of [
    ["http://127.0.0.1:59321/v1?key=secret", /^connection refused: .*127\.0\.0\.1:59321 \(ECONN/],
    ["http://localhost:59321/v1?key=secret", /^connection refused: .*localhost:59321 \(ECONN/],
    ["http://nobody.invalid/v1?key=secret", /^unknown host: the name of http:\/\/nobody\.invalid /],
    [`https://127.0.0.1:${port}/v1?key=secret`, /^no TLS at/],
  ]) {
    const { message, isUnsent } = networkError(await thrownBy(url), url);
    assert.match(message, expected);
    assert.doesNotMatch(message, /secret/);
    assert.equal(isUnsent, true);
  }
});

test("an aborted call and other errors are left as they are", async () => {
  const signal = AbortSignal.abort();
  const aborted = await fetch("http://127.0.0.1:1/", { signal }).catch((reason) => reason);
  for (const reason of [aborted, new Error("own"), new TypeError("x"), "text", null, undefined])
    assert.equal(networkError(reason, "http://a.test/"), undefined);
});

test("a request that may have reached the server may have a cost", () => {
  const isUnsent = (reason) => networkError(reason, "http://a.test/").isUnsent;
  for (const code of ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ConnectionClosed", "ETIMEDOUT"])
    assert.equal(isUnsent({ cause: { code } }), false, code);
  assert.equal(isUnsent(new TypeError("Failed to fetch")), false);
  assert.equal(isUnsent({ cause: { code: "UND_ERR_CONNECT_TIMEOUT" } }), true);
});

test("the handler's clients do not see the address", () => {
  const reasons = [
    ...["ECONNREFUSED", "ENOTFOUND", "ENETUNREACH", "ETIMEDOUT", "CERT_HAS_EXPIRED", "EPROTO"],
    "ECONNRESET",
  ].map((code) => ({ cause: { code } }));
  reasons.push(new TypeError("Failed to fetch"));
  const hint = ". Is ollama running? `ollama serve` starts it, and the origin in `X` allows pages";
  for (const url of ["http://inner.test:11434/v1", "https://[fd00::1]/v1", "http://inner.test"]) {
    for (const reason of reasons) {
      const own = networkError(reason, url).message;
      assert.match(own, /inner\.test|fd00/, own);
      const message = `the writer failed: ${own}${hint}`;
      const shown = publicMessage({ code: "network_error", message }, false);
      assert.doesNotMatch(shown, /inner|fd00|11434|ollama/, shown);
      assert.match(shown, /the provider/);
    }
  }
  const path =
    "HTTP 404: x; is `baseURL` correct (most servers need `/v1` at its end)? The request";
  const message = `${path} went to http://inner.test/chat/completions`;
  assert.equal(publicMessage({ code: "invalid_request", message }, false), "HTTP 404: x");
});

test("a device that is offline", () => {
  const navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const failed = new TypeError("Failed to fetch");
  const messageFor = (url, onLine) => {
    Object.defineProperty(globalThis, "navigator", { value: { onLine }, configurable: true });
    return networkError(failed, url).message;
  };
  try {
    assert.match(messageFor("https://a.test/v1", false), /^offline: this device has no network/);
    assert.match(messageFor("http://localhost:11434/v1", false), /^no connection to .*CORS/);
    assert.match(messageFor("https://a.test/v1", true), /^no connection to .*CORS/);
    assert.match(messageFor("https://a.test/v1", undefined), /^no connection to .*CORS/);
  } finally {
    if (navigator) Object.defineProperty(globalThis, "navigator", navigator);
    else delete globalThis.navigator;
  }
});

test("a page with an https: address and a server with an http: address", () => {
  globalThis.location = { protocol: "https:" };
  try {
    const failed = new TypeError("Load failed");
    assert.match(networkError(failed, "http://a.test/v1").message, /an https: address can't ask/);
    assert.match(networkError(failed, "http://localhost:1234/v1").message, /CORS/);
  } finally {
    delete globalThis.location;
  }
});
