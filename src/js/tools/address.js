// Decides whether a host name or an address is public. A model chooses the URLs that a tool opens.
// The tool must not reach hosts that are not public.
//
// ipaddr.js has IANA's registries of special addresses (RFC 6890). The special-use domain names
// (RFC 6761) are listed here.

import ipaddr from "./ipaddr.js";

/** @param {string[]} ranges @returns {[any, number][]} */
const cidrs = (...ranges) => ranges.map((range) => ipaddr.parseCIDR(range));

/**
 * Ranges for which ipaddr.js has no name, or only the name "reserved". The keys are the reasons for
 * a refusal.
 */
const OWN_RANGES = {
  "a benchmark address": cidrs("198.18.0.0/15"),
  "a documentation address": cidrs(
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "2001:db8::/32",
    "3fff::/20",
  ),
  // This address is in a public range. Inside Azure, a service with secrets answers at this
  // address.
  "a metadata address": cidrs("168.63.129.16/32"),
  "a reserved or tunnel address": cidrs("2001::/23"),
  "a tunnel address": cidrs("2002::/16"),
};

/**
 * The reasons for a refusal, by the name that ipaddr.js gives to a range. A range that is not
 * listed is reserved.
 * @type {Record<string, string>}
 */
const RANGE_NAMES = {
  carrierGradeNat: "a private address of a carrier",
  deprecatedSiteLocal: "a link-local address",
  linkLocal: "a link-local address",
  loopback: "a loopback address",
  multicast: "a multicast address",
  private: "a private address",
  uniqueLocal: "a private address",
  unspecified: "an unspecified address",
};

/** The public part of IPv6. */
const [GLOBAL_UNICAST] = cidrs("2000::/3");

/**
 * IPv6 ranges whose addresses end with an IPv4 address. In IPv6-only networks, DNS resolvers for
 * NAT64 return such addresses.
 */
const WRAPPED_IPV4 = cidrs("::ffff:0:0/96", "64:ff9b::/96");

/** Names that are reserved, or that routers and company networks assign. */
const LOCAL_NAMES = [
  "localhost",
  "local",
  "internal",
  "home.arpa",
  "localdomain",
  "lan",
  "home",
  "corp",
  "intranet",
  "private",
  "test",
  "invalid",
];

/**
 * Returns why a host is not public, or `undefined` if it may be public.
 * @param {string} hostname in the form of `new URL()`
 */
export function refusedHost(hostname) {
  if (hostname.startsWith("[")) return refusedAddress(hostname.slice(1, -1));
  const name = hostname.toLowerCase().replace(/(?<!\.)\.+$/, "");
  const last = name.slice(name.lastIndexOf(".") + 1);
  // Check names such as `127.1` and `0x7f.1`. `new URL()` converts them to dotted decimals, but not
  // in older Workers.
  if (/^(\d+|0x[\da-f]*)$/.test(last)) {
    const address = parseIpv4(name);
    return address ? refusedRange(address) : "an odd form of an address";
  }
  const isLocal = LOCAL_NAMES.some((local) => name === local || name.endsWith(`.${local}`));
  return isLocal || !name.includes(".") ? "a local name" : undefined;
}

/**
 * Returns why an address is not public, or `undefined` if it is public. For an address that
 * contains an IPv4 address, checks the IPv4 address.
 * @param {string} address IPv4 or IPv6, in the form that resolvers return
 */
export function refusedResolved(address) {
  const parsed = parseAddress(String(address));
  if (!parsed) return "no address";
  const isWrapped = parsed.kind() === "ipv6" && WRAPPED_IPV4.some((range) => parsed.match(range));
  return refusedRange(isWrapped ? ipaddr.fromByteArray(parsed.toByteArray().slice(12)) : parsed);
}

/** @param {string} text */
function refusedAddress(text) {
  const address = parseAddress(text);
  return address ? refusedRange(address) : "no address";
}

/** @param {any} address */
function refusedRange(address) {
  const own = ipaddr.subnetMatch(address, OWN_RANGES, "");
  if (own) return own;
  const range = address.range();
  if (range !== "unicast") return RANGE_NAMES[range] ?? "a reserved address";
  const isPublic = address.kind() === "ipv4" || address.match(GLOBAL_UNICAST);
  return isPublic ? undefined : "a reserved address";
}

/** @param {string} text */
const parseAddress = (text) => parseIpv4(text) ?? parseIpv6(text);

/**
 * Parses dotted decimals only. Without this check, ipaddr.js would also accept `127.1` and
 * `0x7f.1`.
 * @param {string} text
 */
function parseIpv4(text) {
  const isStrict = ipaddr.IPv4.isValidFourPartDecimal(text);
  return isStrict ? ipaddr.IPv4.parse(text) : undefined;
}

/**
 * Parses IPv6, with or without a zone. First converts an IPv4 address at the end to hexadecimal.
 * Otherwise ipaddr.js would read `::8.8.8.8` as `::ffff:8.8.8.8`, and octal digits as decimals.
 * @param {string} text
 */
function parseIpv6(text) {
  const address = text.replace(/%.*$/, "");
  const end = address.slice(address.lastIndexOf(":") + 1);
  const ipv4 = end.includes(".") ? parseIpv4(end) : undefined;
  const hex = ipv4 ? address.slice(0, -end.length) + hexGroups(ipv4.toByteArray()) : address;
  if (hex.includes(".")) return undefined;
  return ipaddr.IPv6.isValid(hex) ? ipaddr.IPv6.parse(hex) : undefined;
}

/** @param {any} bytes */
const hexGroups = ([a, b, c, d]) => `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
