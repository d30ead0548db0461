import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { refusedHost, refusedResolved } from "../../src/js/tools/address.js";
import { finishesInTime } from "./time-limit.mjs";

const host = (text) => new URL(`http://${text}/`).hostname;

const HOSTILE = {
  "a loopback address": [
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "１２７.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
  ],
  "an unspecified address": ["0.0.0.0", "0", "0.255.255.255", "[::]"],
  "a private address": [
    "10.0.0.1",
    "10.255.255.255",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fdff:ffff::]",
  ],
  "a private address of a carrier": ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
  "a link-local address": [
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
  ],
  "a metadata address": ["168.63.129.16"],
  "a benchmark address": ["198.18.0.1", "198.19.255.255"],
  "a documentation address": [
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "[2001:db8::1]",
    "[3fff::1]",
    "[3fff:fff::1]",
  ],
  "a multicast address": ["224.0.0.1", "239.255.255.255", "[ff02::1]"],
  "a reserved address": [
    "192.0.0.1",
    "192.88.99.1",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
  ],
  "a tunnel address": ["[2002:7f00:1::]", "[2002::1]"],
  "a reserved or tunnel address": [
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:20::1]",
  ],
  "a local name": [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ⓛocalhost",
    "a.localhost",
    "printer",
    "printer.",
    "nas.local",
    "db.internal",
    "metadata.google.internal",
    "router.home.arpa",
    "x.lan",
    "x.localdomain",
    "app.test",
  ],
};

for (const [what, hosts] of Object.entries(HOSTILE)) {
  test(`refused as ${what}`, () => {
    for (const text of hosts) assert.equal(refusedHost(host(text)), what, text);
  });
}

test("public hosts are allowed, up to the edges of the refused ranges", () => {
  const open = [
    "example.com",
    "example.com.",
    "xn--bcher-kva.example",
    "localhost.example.com",
    "notlocal",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700:4700::1111]",
    "[2001:200::1]",
    "[2a00:1450::1]",
    "[3ffe::1]",
    "[3fff:1000::1]",
  ];
  for (const text of open)
    assert.equal(refusedHost(host(text)), text === "notlocal" ? "a local name" : undefined, text);
});

test("address forms that a URL parser may leave unchanged are refused", () => {
  for (const text of [
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "1.2.3.4.5",
    "999.1.1.1",
    "x.0x7f",
  ])
    assert.equal(refusedHost(text), "an odd form of an address", text);
});

test("for a resolved address that wraps another, the inner one counts", () => {
  const verdicts = {
    "93.184.216.34": undefined,
    "64:ff9b::5db8:d822": undefined,
    "::ffff:93.184.216.34": undefined,
    "64:ff9b::10.0.0.1": "a private address",
    "64:ff9b::7f00:1": "a loopback address",
    "::ffff:169.254.169.254": "a link-local address",
    "::1": "a loopback address",
    "fe80::1%eth0": "a link-local address",
    "10.0.0.1": "a private address",
    "2002:a00:1::1": "a tunnel address",
    "1::2::3": "no address",
    "1:2:3:4:5:6:7": "no address",
    "1:2:3:4:5:6:7:8:9": "no address",
    "1:2:3:4:5:6:7::8": "no address",
    nonsense: "no address",
    "": "no address",
  };
  for (const [address, verdict] of Object.entries(verdicts))
    assert.equal(refusedResolved(address), verdict, address);
});

test("a name with a million dots is checked in linear time", () => {
  finishesInTime(`
    import { refusedHost } from ${JSON.stringify(new URL("../../src/js/tools/address.js", import.meta.url))};
    refusedHost("a" + ".".repeat(1_000_000) + "b");`);
});

// addresses.json has the results of a hand-written parser, which ipaddr.js has replaced. Each row
// is `[address, resolved, host]`. `resolved` is the result if a name resolves to the address.
// `host` is the result if `[address]` is the host of a URL. A result is the reason of a refusal, or
// `null` if the address is allowed.
const BEFORE = JSON.parse(readFileSync(new URL("addresses.json", import.meta.url), "utf8"));

/**
 * Ranges that only ipaddr.js refuses: anycast for AS112 (RFC 7534) and AMT relays (RFC 7450). They
 * have no web servers.
 */
const NEWLY_REFUSED =
  /^(?:::ffff:|64:ff9b::)?192\.(?:31\.196|52\.193|175\.48)\.|^::ffff:c0(?:1f:c4|34:c1|af:30)|^2620:4f:8000:/;

/**
 * Matches an address whose IPv4 part is not the last part. The hand-written parser read such an
 * address and refused it as reserved. ipaddr.js cannot read it, so it is refused as "no address".
 */
const NO_ADDRESS_NOW = /\.[^:]*:/;

test("results for addresses differ from the hand-written parser only in the listed cases", () => {
  for (const [address, resolved, host] of BEFORE) {
    const verdicts = [refusedResolved(address) ?? null, refusedHost(`[${address}]`) ?? null];
    const expected = [resolved, host].map((before) => {
      if (NEWLY_REFUSED.test(address)) return before ?? "a reserved address";
      return NO_ADDRESS_NOW.test(address) ? "no address" : before;
    });
    assert.deepEqual(verdicts, expected, address);
  }
});

test("no address that the hand-written parser refused is allowed", () => {
  const before = BEFORE.filter(([, resolved]) => resolved !== null);
  assert.ok(before.length > 300, `only ${before.length} were refused`);
  for (const [address, , host] of BEFORE) {
    if (host !== null) assert.ok(refusedHost(`[${address}]`), address);
  }
  for (const [address] of before) assert.ok(refusedResolved(address), address);
});
