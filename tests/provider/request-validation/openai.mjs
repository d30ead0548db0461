// Validates the scalar parameters that Chat Completions and Responses share. Exports functions that
// make the refusals.

export const malformed = { message: "We could not parse the JSON body of your request." };

export const unknown = (param) => ({
  message: `Unknown parameter: '${param}'.`,
  param,
  code: "unknown_parameter",
});
export const rejected = (param) => ({
  message: `Unsupported parameter: '${param}' is not supported with this model.`,
  param,
  code: "unsupported_parameter",
});
export const missing = (param) => ({
  message: `Missing required parameter: '${param}'.`,
  param,
  code: "missing_required_parameter",
});
export const wrongType = (param, expected) => ({
  message: `Invalid type for '${param}': expected ${expected}.`,
  param,
  code: "invalid_type",
});
export const wrongValue = (param, supported) => ({
  message:
    `Invalid value for '${param}'. Supported values are: ` +
    `${supported.map((value) => `'${value}'`).join(", ")}.`,
  param,
  code: "invalid_value",
});

export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isText = (value) => typeof value === "string";

export function* key(headers) {
  if (headers["x-api-key"] || (headers.authorization && !/^Bearer \S/.test(headers.authorization)))
    yield {
      status: 401,
      message:
        "You didn't provide an API key. You need to provide your API key in an Authorization " +
        "header using Bearer auth.",
    };
}

export function* plain(body, limits) {
  if (!body.model || !isText(body.model)) yield missing("model");
  if (body.stream !== undefined && typeof body.stream !== "boolean")
    yield wrongType("stream", "a boolean");
  if (body.stream_options !== undefined && body.stream !== true)
    yield {
      message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      param: "stream_options",
    };
  for (const [name, [low, high]] of Object.entries({ temperature: [0, 2], top_p: [0, 1] })) {
    const value = body[name] ?? low;
    if (typeof value !== "number") yield wrongType(name, "a decimal");
    if (value < low || value > high)
      yield {
        message:
          `Invalid '${name}': expected a value between ${low} and ${high}, but got ${value} ` +
          "instead.",
        param: name,
        code: "decimal_out_of_range",
      };
  }
  for (const [name, least] of Object.entries(limits)) {
    const value = body[name] ?? least;
    if (!Number.isInteger(value)) yield wrongType(name, "an integer");
    if (value < least)
      yield {
        message:
          `Invalid '${name}': integer below minimum value. Expected a value >= ${least}, but ` +
          `got ${value} instead.`,
        param: name,
        code: "integer_below_min_value",
      };
  }
  if (body.tools !== undefined && !Array.isArray(body.tools))
    yield wrongType("tools", "an array of objects");
  if (body.tool_choice !== undefined && !body.tools?.length)
    yield {
      message:
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are " +
        "specified.",
      param: "tool_choice",
    };
  if (isText(body.tool_choice) && !["none", "auto", "required"].includes(body.tool_choice))
    yield wrongValue("tool_choice", ["none", "auto", "required"]);
}

/** Validates a function at the path `at`. */
export function* ofFunction(at, { name, parameters, description }) {
  if (!name) yield missing(`${at}.name`);
  if (!/^[\w-]{1,64}$/.test(name))
    yield {
      message:
        `Invalid '${at}.name': string does not match pattern. Expected a string that matches ` +
        "the pattern '^[a-zA-Z0-9_-]+$'.",
      param: `${at}.name`,
      code: "invalid_value",
    };
  if (parameters !== undefined && parameters !== null && !isObject(parameters))
    yield wrongType(`${at}.parameters`, "an object");
  if (description !== undefined && description !== null && !isText(description))
    yield wrongType(`${at}.description`, "a string");
}
