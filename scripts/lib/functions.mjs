// Returns the functions of a WebAssembly module as `[{ name, bytes }]`, largest first. The module
// must have a name section.
// wasm-opt's `--func-metrics` reports the same sizes, but takes a minute.
// https://webassembly.github.io/spec/core/binary/modules.html

const CODE = 10;
const FUNCTION_NAMES = 1;

export function functionSizes(bytes) {
  const module = new WebAssembly.Module(bytes);
  // The indexes of imported functions come first, so the first own function has the index
  // `imported`.
  const imported = WebAssembly.Module.imports(module).filter(
    ({ kind }) => kind === "function",
  ).length;
  const names = new Map(
    list(
      section(new Uint8Array(WebAssembly.Module.customSections(module, "name")[0]), FUNCTION_NAMES),
      (read) => [read.number(), read.text()],
    ),
  );
  const sizes = list(section(bytes.subarray(8), CODE), (read) => read.bytes(read.number()).length);
  return sizes
    .map((bytes, i) => ({ name: names.get(imported + i) ?? `function ${imported + i}`, bytes }))
    .sort((a, b) => b.bytes - a.bytes);
}

function section(bytes, wanted) {
  const read = reader(bytes);
  for (;;) {
    const [kind, content] = [read.number(), read.bytes(read.number())];
    if (kind === wanted) return content;
  }
}

function list(bytes, item) {
  const read = reader(bytes);
  return Array.from({ length: read.number() }, () => item(read));
}

function reader(bytes) {
  let at = 0;
  const read = {
    bytes(count) {
      if (at + count > bytes.length) throw new RangeError("the module ends early");
      at += count;
      return bytes.subarray(at - count, at);
    },
    /** Reads an unsigned LEB128 number. */
    number() {
      let value = 0;
      for (let place = 1; ; place *= 128) {
        const [byte] = read.bytes(1);
        value += (byte & 127) * place;
        if (byte < 128) return value;
      }
    },
    text: () => new TextDecoder().decode(read.bytes(read.number())),
  };
  return read;
}
