// Turns chat messages into the prompt of an AI SDK model of version 2, 3 or 4.

import { BadRequest } from "./provider-errors.js";
import { PARTS } from "./provider-stream.js";
import { defined, isObject, listOf } from "./values.js";

/** @typedef {import("./index.js").AiSdkModel} AiSdkModel */

/** @type {Record<string, string>} */
const IMAGE_TYPES = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
};
/** @type {Record<string, string>} */
const AUDIO_TYPES = { wav: "audio/wav", mp3: "audio/mpeg" };

/**
 * @param {any[]} messages
 * @param {AiSdkModel} model
 */
export async function toPrompt(messages, model) {
  const supportedUrls = (await model.supportedUrls) ?? {};
  const files = new Files(model.specificationVersion, supportedUrls);
  /** Maps the id of each tool call to the name of the tool. @type {Map<string, string>} */
  const names = new Map();
  /** @type {any[]} */
  const prompt = [];
  for (const message of messages) {
    const { role, content } = message;
    if (role === "tool") addResult(prompt, message, names);
    else if (role === "assistant") prompt.push(toAssistant(message, names));
    else if (role === "user") prompt.push({ role, content: toUser(content, files) });
    else prompt.push({ role: "system", content: textOf(content) });
  }
  return prompt;
}

/** @param {any} content @returns {string} */
const textOf = (content) =>
  typeof content === "string"
    ? content
    : listOf(content)
        .map(({ text }) => text ?? "")
        .join("");

/** @param {any} content @param {Files} files */
const toUser = (content, files) =>
  typeof content === "string"
    ? [{ type: "text", text: content }]
    : listOf(content).map((part) =>
        part.type === "text" ? { type: "text", text: part.text } : files.toPart(part),
      );

/** @param {any} message @param {Map<string, string>} names */
function toAssistant({ content, tool_calls, reasoning_details }, names) {
  const kept = listOf(reasoning_details).flatMap((detail) =>
    detail?.type === PARTS && isObject(detail.part) ? [detail.part] : [],
  );
  const text = textOf(content);
  const signedText = kept.find(({ type }) => type === "text");
  const calls = listOf(tool_calls).map((call) => {
    names.set(call.id, call.function.name);
    return defined({
      type: "tool-call",
      toolCallId: call.id,
      toolName: call.function.name,
      input: inputOf(call.function.arguments),
      providerOptions: call.provider_metadata,
    });
  });
  return {
    role: "assistant",
    content: [
      ...kept.filter(({ type }) => type === "reasoning"),
      ...(text ? [{ ...signedText, type: "text", text }] : []),
      ...calls,
    ],
  };
}

/** @param {string} text */
function inputOf(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return {};
  }
}

/**
 * Adds a tool's result to the prompt. All results of one turn are parts of the same message.
 * @param {any[]} prompt
 * @param {any} message
 * @param {Map<string, string>} names
 */
function addResult(prompt, { tool_call_id, content }, names) {
  const last = prompt.at(-1);
  const part = {
    type: "tool-result",
    toolCallId: tool_call_id,
    toolName: names.get(tool_call_id) ?? "tool",
    output: { type: "text", value: textOf(content) },
  };
  if (last?.role === "tool") last.content.push(part);
  else prompt.push({ role: "tool", content: [part] });
}

class Files {
  #version;
  #supportedUrls;

  /** @param {string} version @param {Record<string, RegExp[]>} supportedUrls */
  constructor(version, supportedUrls) {
    this.#version = version;
    this.#supportedUrls = supportedUrls;
  }

  /** @param {any} part of a user's message */
  toPart({ type, image_url, file, input_audio }) {
    if (type === "image_url") return this.#file(image_url.url, imageType(image_url.url));
    if (type === "file" && typeof file?.file_data === "string")
      return this.#file(file.file_data, "application/pdf", file.filename);
    if (type === "input_audio") {
      const mediaType = AUDIO_TYPES[input_audio.format] ?? `audio/${input_audio.format}`;
      return this.#file(`data:${mediaType};base64,${input_audio.data}`, mediaType);
    }
    throw new BadRequest(`a model of the AI SDK takes no part of the type \`${type}\``);
  }

  /** @param {string} url @param {string} guess @param {string} [filename] */
  #file(url, guess, filename) {
    const [, type, base64] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url) ?? [];
    const isInline = base64 !== undefined;
    if (!isInline && !this.#takes(guess, url))
      throw new BadRequest("this model of the AI SDK takes no file by URL: send a data URL");
    const data = isInline ? base64 : new URL(url);
    const tagged = isInline ? { type: "data", data } : { type: "url", url: data };
    return defined({
      type: "file",
      mediaType: type || guess,
      filename,
      data: this.#version === "v4" ? tagged : data,
    });
  }

  /**
   * Returns whether the model's provider downloads a URL itself.
   * @param {string} mediaType
   * @param {string} url
   */
  #takes(mediaType, url) {
    const [kind] = mediaType.split("/");
    const patterns = ["*", "*/*", kind, `${kind}/*`, mediaType].flatMap((name) =>
      listOf(this.#supportedUrls[name]),
    );
    return patterns.some((pattern) => pattern.test(url));
  }
}

/** @param {string} url */
function imageType(url) {
  const [, ending = ""] = /^[^?#]*\.(\w+)(?:[?#]|$)/.exec(url.slice(0, 10_000)) ?? [];
  return IMAGE_TYPES[ending.toLowerCase()] ?? "image/*";
}
