// Helpers of the tests. This file imports no package, so that the Worker can use the helpers too.

export const user = (text) => ({ role: "user", content: [{ type: "text", text }] });

export async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
