// A fake provider for eight panelists that stream at once. Its `fetch` runs in the page, so
// measurements include no server and no connection limit.

/**
 * Replaces `fetch` for https://eight.example/v1. Use it as `page.addInitScript(eight, options)`.
 */
export function eight({ words, every_ms, stall = [], fail = [] }) {
  const real = window.fetch;
  const texts = [
    (n) =>
      `Point ${n}. Some **bold** words, a [link](https://example.org/${n}) and \`code\` in a ` +
      "sentence that goes on for a while.\n\n",
    (n) => `- item ${n}, with *emphasis*\n- another one\n\n`,
    (n) =>
      `\`\`\`js\nconst value${n} = compute(${n}); // a comment\nif (value${n} > 3) return ` +
      '"text";\n```\n\n',
    (n) => `| column | value |\n|---|---|\n| row ${n} | ${n * 7} |\n| other | **${n}** |\n\n`,
  ];
  window.sent = 0;
  window.fetch = (url, init) => {
    if (!String(url).startsWith("https://eight.example/")) return real(url, init);
    const { model } = JSON.parse(init.body);
    const nth = Number(model.match(/\d+$/)?.[0] ?? 0);
    if (fail.includes(nth))
      return Promise.resolve(
        new Response(
          JSON.stringify({ error: { code: 429, message: "Rate limit exceeded for this model" } }),
          { status: 429, headers: { "content-type": "application/json" } },
        ),
      );
    let text = Array.from({ length: words }, (_, n) => texts[(n + nth) % texts.length](n)).join("");
    if (model.endsWith("analyst")) text = window.analysisOf?.(init.body) ?? text.slice(0, 400);
    const pieces = text.match(/\s*\S+/g);
    const encoder = new TextEncoder();
    const frame = (data) =>
      encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
    let at = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (init.signal?.aborted) return controller.error(init.signal.reason);
        await new Promise((wake) => setTimeout(wake, every_ms));
        if (stall.includes(nth) && at > 12) return new Promise(() => {});
        // A timer fires at most once per 4 ms. Send three words at each timer to be as fast as a
        // fast provider.
        for (const content of pieces.slice(at, at + 3))
          controller.enqueue(frame({ choices: [{ index: 0, delta: { content } }] }));
        window.sent += 3;
        at += 3;
        if (at < pieces.length) return;
        controller.enqueue(
          frame({
            choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
            usage: { prompt_tokens: 40, completion_tokens: pieces.length, cost: 0.0004 },
          }),
        );
        controller.enqueue(frame("[DONE]"));
        controller.close();
      },
    });
    return Promise.resolve(
      new Response(body, { headers: { "content-type": "text/event-stream" } }),
    );
  };
}

export const EIGHT = "https://eight.example/v1";
export const members = Array.from({ length: 8 }, (_, n) => `maker/model-${n + 1}`);
