// Replaces API keys and other credentials in the messages of providers.
//
// A message may be long, so the time of a search must not grow with the square of its length. Each
// pattern begins with a prefix, such as `sk-`. The rest of the pattern has a limited length, or
// cannot contain the prefix again.

const REPLACEMENT = "[redacted]";

/**
 * Matches a character of a credential. A space, a quotation mark or a separator ends the
 * credential.
 */
const VALUE = "[^\\s\"'`,;&<>(){}\\[\\]]";
/**
 * A lookahead that matches a random text such as a key. It does not match words, such as the name
 * of a parameter.
 */
const IS_RANDOM = `(?=${VALUE}{0,64}[0-9]|[A-Za-z]{20})`;
const SEPARATOR = "[\"'`]?\\s{0,4}[:=]\\s{0,4}[\"'`]?";

/** Prefixes of providers' API keys. */
const PREFIXES = [
  "[sprg]k[-_]",
  "(?:csk|gsk|xai|pplx|nvapi|glpat|r8|hf|tvly|jina|dop|npm)[-_]",
  "(?:fw|gh[a-z]|github_pat|tgp_v[0-9])_",
  "xox[a-z]-",
  "ya29\\.",
  "AIza|AKIA|ASIA|LTAI",
];
/** Prefixes of ids. Ids are not replaced, because a provider's support asks for them. */
const IDS = "(?:req|request|run|msg|gen|call|toolu|resp|chatcmpl|cmpl|trace)[-_]";

/** @type {[RegExp, string][]} */
const SECRETS = [
  // `scheme://user:password@host`
  [/(:\/\/)[^\s/?#@"'<>]+@/g, `$1${REPLACEMENT}@`],
  // `?key=…`
  [
    /([?&][\w.-]{0,40}(?:key|token|secret|password|sig|signature)=)[^\s&#"'<>]+/gi,
    `$1${REPLACEMENT}`,
  ],
  [
    new RegExp(`\\b((?:bearer|basic|digest)\\s{1,4})${IS_RANDOM}${VALUE}{8,}`, "gi"),
    `$1${REPLACEMENT}`,
  ],
  [/\beyJ[-\w]{8,}(?:\.[-\w]*){0,4}/g, REPLACEMENT],
  // A named value: `access_token=…`, `"x-api-key": "…"` or `API key provided: …`.
  [
    new RegExp(
      `((?:token|key|authorization)(?:[ _]provided)?${SEPARATOR})${IS_RANDOM}${VALUE}{8,}`,
      "gi",
    ),
    `$1${REPLACEMENT}`,
  ],
  [
    new RegExp(`((?:secret|passw(?:or)?d|passphrase)${SEPARATOR})${VALUE}{8,}`, "gi"),
    `$1${REPLACEMENT}`,
  ],
  [new RegExp(`(?<![-\\w])(?:${PREFIXES.join("|")})[-\\w]{14,}`, "g"), REPLACEMENT],
  // Keys of any other provider: a short name, then a long random token.
  [
    new RegExp(
      `(?<![-\\w])(?!${IDS})[a-z][a-z0-9]{0,9}[-_](?:[a-z0-9]{1,6}[-_])?` +
        "(?=[A-Za-z]{0,64}[0-9])[A-Za-z0-9]{20,}",
      "g",
    ),
    REPLACEMENT,
  ],
];

/**
 * Returns the text with each credential replaced. Words and ids stay.
 * @param {string} text
 */
export const withoutSecrets = (text) =>
  SECRETS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
