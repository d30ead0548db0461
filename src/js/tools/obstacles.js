// Detects pages that probably do not have the requested content. These are consent walls, pages
// that check for robots, and pages that send their readers to another URL.

/**
 * Maximum length of a consent wall or a robot check, in characters. A longer text is the requested
 * page.
 */
const MAX_WALL = 2500;
/** Words of consent walls. A consent wall matches each of these patterns. */
const CONSENT = [
  /\b(?:cookies?|consent|gdpr|datenschutz|einwilligung|consentement|consentimiento)\b/i,
  /\b(?:accept|agree|reject|akzeptieren|zustimmen|ablehnen|accepter|refuser|aceptar|rechazar)\b/i,
];
const ROBOT_CHECK =
  /\b(?:captcha|are you (?:a )?(?:human|robot)|(?:verify|confirm) (?:that )?you are (?:a )?human|not a robot|checking your browser|unusual traffic|enable javascript and cookies to continue)\b/i;

/**
 * Returns a sentence that says why a page probably lacks the requested content, or "".
 * @param {{ title: string, text: string, next?: string | undefined }} page
 */
export function describeObstacle({ title, text, next }) {
  if (next) return "The page sends its readers on to another URL, which stands above its text.";
  if (text.length > MAX_WALL) return "";
  const words = `${title}\n${text}`;
  if (ROBOT_CHECK.test(words)) {
    return "The page asks whether its reader is a person. This may not be its content.";
  }
  if (CONSENT.every((kind) => kind.test(words))) {
    return "The page asks for consent to cookies. This may not be its content.";
  }
  return "";
}
