// Builds apps with Vite. Each app consists of an example of docs/react.md and the code that mounts
// the example.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "vite";
import { frameworksFolder } from "../../scripts/setup.mjs";

const docs = new URL("../../docs/react.md", import.meta.url);
const from = createRequire(join(frameworksFolder, "package.json"));

/** Returns the code of the nth example in a language, counted from 0. */
export async function example(language, nth = 0) {
  const blocks = (await readFile(docs, "utf8")).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...blocks].filter(([, name]) => name === language)[nth][2];
}

const reactMain = (component, strict) => `
  import { createElement, StrictMode } from "react";
  import { createRoot } from "react-dom/client";
  import { drive } from "./driver.js";
  import { ${component} } from "./example.jsx";
  drive((host) => {
    const root = createRoot(host);
    const app = createElement(${component}, { apiKey: "k" });
    root.render(${strict ? "createElement(StrictMode, null, app)" : "app"});
    return () => root.unmount();
  });`;

/** An app that counts renders and frames. Rows of the panel are \`memo()\` components. */
const counting = `
  import { createElement as h, memo } from "react";
  import { fuse } from "llm-fuse";
  import { useFusion } from "llm-fuse/react";
  window.renders = { app: 0, rows: {}, frames: 0 };
  const count = () => { window.renders.frames += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
  const Row = memo(({ panelist: { index, model, status, content } }) => {
    window.renders.rows[index] = (window.renders.rows[index] ?? 0) + 1;
    return h("p", null, model + " " + status + ": " + content);
  });
  export function App({ apiKey }) {
    window.renders.app += 1;
    const { state, start, stop } = useFusion(fuse);
    const ask = { prompt: "Is the sky blue?", analysis_models: ["a/slow", "b/quick"] };
    return h("div", null,
      h("button", { onClick: () => start(ask, { apiKey }) }, "Ask"),
      h("button", { onClick: stop }, "Stop"),
      state.panel.map((panelist) => h(Row, { key: panelist.index, panelist })),
      h("output", null, state.answer.content));
  }`;

/**
 * An app in which a child starts a run in an effect. Each render passes a new function to
 * `useFusion()`, and the app records which of these functions the hook calls.
 */
const effects = `
  import { createElement as h, useEffect, useState } from "react";
  import { useFusion } from "llm-fuse/react";
  window.begun = [];
  const Child = ({ begin, name }) => {
    useEffect(() => begin(), [name]);
    return null;
  };
  export function App() {
    const [name, setName] = useState("one");
    const { start, retry } = useFusion(() => {
      window.begun.push(name);
      throw new Error(name);
    });
    Object.assign(window, { start, retry });
    return h("div", null,
      h(Child, { begin: start, name }),
      h("button", { onClick: () => setName("two") }, "Next"));
  }`;

const vueMain = `
  import { createApp } from "vue";
  import { drive } from "./driver.js";
  import Example from "./example.vue";
  drive((host) => {
    const app = createApp(Example, { apiKey: "k" });
    app.mount(host);
    return () => app.unmount();
  });`;

const svelteMain = `
  import { mount, unmount } from "svelte";
  import { drive } from "./driver.js";
  import Example from "./example.svelte";
  drive((target) => {
    const app = mount(Example, { target, props: { apiKey: "k" } });
    return () => unmount(app);
  });`;

const solidMain = `
  import { createComponent, render } from "solid-js/web";
  import { drive } from "./driver.js";
  import { Ask } from "./example.tsx";
  drive((host) => render(() => createComponent(Ask, { apiKey: "k" }), host));`;

const vue = {
  name: "vue",
  transform(code, id) {
    if (!id.endsWith(".vue")) return undefined;
    const { compileScript, parse } = from("vue/compiler-sfc");
    const { descriptor } = parse(code, { filename: id });
    return compileScript(descriptor, { id: "example", inlineTemplate: true }).content;
  },
};

const svelte = {
  name: "svelte",
  transform(code, id) {
    if (!id.endsWith(".svelte")) return undefined;
    const { compile } = from("svelte/compiler");
    return compile(code, { filename: id, generate: "client" }).js.code;
  },
};

const solid = {
  name: "solid",
  enforce: "pre",
  async transform(code, id) {
    if (!id.endsWith(".tsx")) return undefined;
    const preset = from.resolve("babel-preset-solid");
    return (await from("@babel/core").transformAsync(code, { presets: [preset], filename: id }))
      .code;
  },
};

const react = { file: "example.jsx", main: reactMain("Ask", true), plugins: [] };
const first = () => example("jsx");

/**
 * The code blocks of docs/react.md with `useFusion()` for frameworks other than React. The blocks
 * are marked as `javascript`, because the tier `node` runs all blocks that are marked as `js`. That
 * tier does not have these frameworks.
 */
export const composables = {
  Vue: () => example("javascript"),
  Solid: () => example("javascript", 1),
};

/**
 * The apps by name. Each has the example's file and code, the code that mounts it, and its
 * packages.
 */
export const apps = {
  "React 19": { ...react, code: first },
  "React 18": { ...react, code: first, packages: "react18" },
  "React 19 with a run of the server": { ...react, code: () => example("jsx", 2) },
  "React 18 with a run of the server": {
    ...react,
    code: () => example("jsx", 2),
    packages: "react18",
  },
  "React 19, counted": { ...react, main: reactMain("App", false), code: () => counting },
  "React 18, counted": {
    ...react,
    main: reactMain("App", false),
    code: () => counting,
    packages: "react18",
  },
  "React 19, effects": { ...react, main: reactMain("App", false), code: () => effects },
  "React 18, effects": {
    ...react,
    main: reactMain("App", false),
    code: () => effects,
    packages: "react18",
  },
  Vue: {
    ...{ file: "example.vue", main: vueMain, code: () => example("vue"), plugins: [vue] },
    composable: composables.Vue,
  },
  Svelte: {
    ...{ file: "example.svelte", main: svelteMain },
    ...{ code: () => example("svelte"), plugins: [svelte] },
  },
  Solid: {
    ...{ file: "example.tsx", main: solidMain, code: () => example("tsx"), plugins: [solid] },
    composable: composables.Solid,
  },
};

/**
 * Builds an app. Returns the folder of its files.
 * @param mode `development` or `production`. In `production`, React's StrictMode has no effect
 */
export async function buildApp(name, mode = "development") {
  const { file, main, code, composable, plugins, packages = "" } = apps[name];
  const folder = join(frameworksFolder, packages, "apps", `${name}-${mode}`.replace(/\W+/g, "-"));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const driver = await readFile(new URL("driver.js", import.meta.url), "utf8");
  const files = {
    "index.html":
      '<!doctype html><meta charset="utf-8"><title>app</title><div id="app"></div>' +
      '<script type="module" src="./main.js"></script>',
    "main.js": main,
    "driver.js": driver,
    [file]: await code(),
    "view.jsx": await example("jsx", 1),
    ...(composable && { "use-fusion.js": await composable() }),
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    mode,
    plugins,
    base: "./",
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
    build: { minify: mode === "production", chunkSizeWarningLimit: 10_000 },
  });
  return join(folder, "dist");
}
