// Server-sent events, as the endpoints write them.

export const DONE = "data: [DONE]\n\n";

export const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;

export const namedFrame = (value) => `event: ${value.type}\n${frame(value)}`;

/** A comment in the words that clients of OpenRouter know. */
export const BEAT = ": OPENROUTER PROCESSING\n\n";
