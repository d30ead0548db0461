// A preload for Node 22.15 or later (`node --import`). With this preload, the imports in our files
// resolve to the clients in target/clients. Imports inside node_modules do not change.
// https://nodejs.org/api/module.html#moduleregisterhooksoptions

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const parentURL = new URL("../../../target/clients/package.json", import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const [name] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
    const isInPackage = context.parentURL?.includes("/node_modules/");
    const isClient = !isInPackage && Object.hasOwn(dependencies, name);
    return nextResolve(specifier, isClient ? { ...context, parentURL } : context);
  },
});
