// Imports every entry of the installed package and fails if an import calls a forbidden global.
// release.mjs copies this file into the folder of the installed package and runs it there.
const entries = process.argv.slice(2);
const did = [];
const guard = (owner, name) => {
  owner[name] = () => {
    did.push(name);
    throw new Error(`${name} was called by an import`);
  };
};
for (const name of [
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "addEventListener",
])
  guard(globalThis, name);
for (const name of [
  "compile",
  "compileStreaming",
  "instantiate",
  "instantiateStreaming",
  "Module",
  "Instance",
])
  guard(WebAssembly, name);
for (const name of ["getRandomValues", "randomUUID"]) guard(crypto, name);
const before = Object.getOwnPropertyNames(globalThis);
for (const entry of entries) await import(entry);
const left = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
console.log(JSON.stringify([...did, ...left.map((name) => `globalThis.${name}`)]));
