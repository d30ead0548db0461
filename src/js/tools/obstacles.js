// Says that a page is probably not what was asked for: a consent wall, a check for robots, or one
// that sends its readers on.

/** A longer text is the page itself, with a notice. */
const MAX_WALL = 2500;
/** Words of which a consent wall has one of each kind. */
const CONSENT = [
  /\b(?:cookies?|consent|gdpr|datenschutz|einwilligung|consentement|consentimiento)\b/i,
  /\b(?:accept|agree|reject|akzeptieren|zustimmen|ablehnen|accepter|refuser|aceptar|rechazar)\b/i,
];
const ROBOT_CHECK =
  /\b(?:captcha|are you (?:a )?(?:human|robot)|(?:verify|confirm) (?:that )?you are (?:a )?human|not a robot|checking your browser|unusual traffic|enable javascript and cookies to continue)\b/i;

/**
 * Returns our own sentence about a page, or "".
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
