// In: a host name or an address. Out: why a tool that acts on a model's word must not go there, or nothing.
// After the IANA registries of special-purpose addresses (RFC 6890 and its updates) and of special-use domain names (RFC 6761).

const V4 = [
  ["0.0.0.0", 8, "an unspecified address"],
  ["10.0.0.0", 8, "a private address"],
  ["100.64.0.0", 10, "a private address of a carrier"],
  ["127.0.0.0", 8, "a loopback address"],
  ["169.254.0.0", 16, "a link-local address"],
  ["172.16.0.0", 12, "a private address"],
  ["192.0.0.0", 24, "a reserved address"],
  ["192.0.2.0", 24, "a documentation address"],
  ["192.88.99.0", 24, "a reserved address"],
  ["192.168.0.0", 16, "a private address"],
  ["198.18.0.0", 15, "a benchmark address"],
  ["198.51.100.0", 24, "a documentation address"],
  ["203.0.113.0", 24, "a documentation address"],
  ["224.0.0.0", 4, "a multicast address"],
  ["240.0.0.0", 4, "a reserved address"],
  // Public by its number, but inside Azure it is the machine's own host, which tells secrets.
  ["168.63.129.16", 32, "a metadata address"],
].map(([from, bits, what]) => ({ from: v4(from), bits, what }));

// Only 2000::/3 is the public Internet; these are the parts of it that are not.
const V6 = [
  ["2001::", 23, "a reserved or tunnel address"],
  ["2001:db8::", 32, "a documentation address"],
  ["2002::", 16, "a tunnel address"],
  ["3fff::", 20, "a documentation address"],
].map(([from, bits, what]) => ({ from: v6(from), bits, what }));

/** Names that never stand for a public host: reserved, or handed out by routers and offices. */
const LOCAL = ["localhost", "local", "internal", "home.arpa", "localdomain", "lan", "home", "corp", "intranet", "private", "test", "invalid"];

/** @param hostname as `new URL()` gives it */
export function refusedHost(hostname) {
  if (hostname.startsWith("[")) return refusedAddress(hostname.slice(1, -1));
  const name = hostname.toLowerCase().replace(/(?<!\.)\.+$/, "");
  const last = name.slice(name.lastIndexOf(".") + 1);
  // A URL parser that follows the standard has made dotted decimals of all such forms; older Workers have another one.
  if (/^(\d+|0x[\da-f]*)$/.test(last)) return v4(name) ? refusedAddress(name) : "an odd form of an address";
  if (LOCAL.some((local) => name === local || name.endsWith(`.${local}`))) return "a local name";
  if (!name.includes(".")) return "a local name";
  return undefined;
}

/** @param address IPv4 or IPv6, as resolvers give it */
export function refusedAddress(address) {
  const number = v4(address);
  if (number) return within(V4, number);
  const groups = v6(address.replace(/%.*$/, ""));
  if (!groups) return "no address";
  if (groups[0] >> 13 === 1) return within(V6, groups);
  if (groups.every((group, i) => group === 0 || (i === 7 && group === 1))) return groups[7] ? "a loopback address" : "an unspecified address";
  if (groups[0] >> 9 === 0x7e) return "a private address";
  if (groups[0] >> 6 === 0x3fa || groups[0] >> 6 === 0x3fb) return "a link-local address";
  if (groups[0] >> 8 === 0xff) return "a multicast address";
  return "a reserved address";
}

/** Resolvers of IPv6-only networks wrap public IPv4 addresses in 64:ff9b::/96, and some map all of them. What counts is what is inside. */
export function refusedResolved(address) {
  const groups = v6(String(address).replace(/%.*$/, ""));
  const wrapped = groups && ["0:0:0:0:0:65535", "100:65435:0:0:0:0"].includes(groups.slice(0, 6).join(":"));
  return wrapped ? within(V4, groups.slice(6)) : refusedAddress(String(address));
}

const within = (ranges, groups) => ranges.find(({ from, bits }) => sameStart(from, groups, bits))?.what;

function sameStart(a, b, bits) {
  return a.every((group, i) => {
    const rest = Math.min(16, Math.max(0, bits - 16 * i));
    return group >> (16 - rest) === b[i] >> (16 - rest);
  });
}

/** Dotted decimal -> two numbers of 16 bits. */
function v4(text) {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (!parts || parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith("0")))) return undefined;
  const [a, b, c, d] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** Eight numbers of 16 bits. */
function v6(text) {
  const halves = text.split("::");
  if (halves.length > 2 || !/^[\da-f:.]+$/i.test(text)) return undefined;
  const [before, after] = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(parsed)));
  const gap = after ? 8 - before.length - after.length : 0;
  const groups = [...before, ...new Array(Math.max(0, gap)).fill(0), ...(after ?? [])];
  const whole = groups.length === 8 && (!after || gap > 0);
  return whole && groups.every((part) => part !== undefined) ? groups : undefined;
}

function parsed(part) {
  if (part.includes(".")) return v4(part) ?? [undefined];
  return [/^[\da-f]{1,4}$/i.test(part) ? parseInt(part, 16) : undefined];
}
