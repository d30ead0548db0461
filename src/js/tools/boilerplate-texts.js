// Recognizes boilerplate by its words: notices, labels of buttons, credits of images, headings of
// lists of other pages, and pointers to other pages. Knows the words of six languages.

/** Maximum length of a label, and of the name of a list of other pages. */
export const MAX_LABEL = 60;
/** Maximum length of a line with only a date. */
const MAX_DATE = 100;

/** @param {string[]} alternatives */
const whole = (alternatives) =>
  new RegExp(`^[^\\p{L}\\p{N}]*(?:${alternatives.join("|")})[^\\p{L}\\p{N}]*$`, "iu");

/** Labels of buttons, advertisements, players and counters. */
const LABEL = whole([
  "advert(?:isement|ising)?|ads?|anzeige|werbung|publicidad|publicité|pubblicità|publicidade",
  "iklan|reklama?|реклама|sponsored(?: content)?|story continues below.*|article continues below.*",
  "(?:enlarge|zoom|tap to enlarge)(?: this)?(?: image)?|bildergalerie|key points|hauptinhalt",
  "main content|neuer bereich|text size|read later|auf einer seite lesen",
  "read (?:more|full article|later)|continue reading|weiterlesen|mehr (?:lesen|erfahren)|leer más",
  "lire la suite|ler mais|leggi tutto|learn more|see more|show more|view comments|save for later",
  "(?:(?:post|leave|write|add|view) (?:a |all )?|\\d+ |no )?comments?(?: \\d+)?|leave a reply",
  "\\d* ?(?:kommentare?|comentarios?|commentaires?|comentários?)|(?:skip|jump) to .*",
  "kommentar (?:verfassen|schreiben)|zum inhalt springen|join the conversation|comments? rss",
  "share(?: this)?(?: article| story| post| page| it)?(?: on)?(?: (?:facebook|twitter|whatsapp|" +
    "linkedin|email))?",
  "teilen(?: mit)?|mit anderen teilen|gefällt mir:?(?: lade\\S*)?|tweet(?: this)?|pin it|permalink",
  "print|drucken|zurück|beitragsbild|comments (?:are )?closed|kommentare geschlossen",
  "back to top|nach oben|loading|wird geladen|(?:just|must) watch(?:ed)?|now playing|watch now",
  "(?:this )?(?:video|media playback) is (?:unsupported|not supported|unavailable)" +
    "(?: on your device)?|stream type live|embed(?: <>)?|more videos",
  "your video will play in \\d\\d:\\d\\d|(?:image|photo|slide|bild|foto) \\d+ (?:of|von|de) \\d+",
  "(?:previous|next)(?: post| article| story)?|post views: \\d+|\\d+ shares?",
  "\\d+ ?min(?:ute)?s?(?: read)?|(?:lesezeit|reading time|tempo de leitura).{0,20}",
  "subscribe|(?:sign up|subscribe|register) (?:now|here|for free|(?:for|to) our newsletters?)",
  "abonnieren|suscríbete|s'abonner|log ?in|sign in",
]);

/**
 * Names of lists of other pages. All that follows such a name in the same part of the page is about
 * other pages.
 */
const LIST_NAME = whole([
  "(?:related|recommended|recent|popular|trending|similar|featured) " +
    "(?:articles?|posts?|stories|story|content|topics|reading|news|links|videos|coverage|pages)",
  "related|recommended(?: for you| by .*)?|trending(?: now| stories)?|popular now",
  "(?:you|readers) (?:may|might|will|could)(?: also)?(?: like| enjoy| be interested in)(?: these)?",
  "(?:more|other|latest|top|breaking|partner|local|world) " +
    "(?:stories|news|headlines|articles|posts)",
  "more (?:great |on |from |in )?.{0,30}\\b(?:stories|articles|headlines)(?: from .{0,25})?",
  "most (?:read|popular|viewed|shared|commented)(?: .{0,20})?|what to read next|read next",
  "also (?:read|on .{0,20})|read (?:also|this next)|(?:editors?['’]?s?|our) picks?",
  "das (?:thema )?könnte (?:sie|dich|ihnen|dir) auch .{0,20}",
  "(?:diese|weitere|ähnliche|mehr|neueste|" +
    "verwandte|aktuelle|die neuesten) (?:artikel|beiträge|themen|nachrichten|meldungen|news)" +
    "(?: .{0,25})?",
  "empfohlene artikel|empfehlungen der redaktion|meistgelesen.{0,20}|lesen sie auch",
  "(?:vorherige|nächste)r? (?:artikel|beitrag)|mehr zum thema(?: .{0,25})?",
  "auch interessant|neueste themen",
  "(?:à lire|lire) (?:aussi|également)|sur le même sujet|les plus lus|articles (?:liés|récents)",
  "(?:te|le) (?:puede|podría) interesar|(?:noticias|artículos) relacionad[oa]s|(?:lo )?más leídos?",
  "últimas noticias|te recomendamos|você (?:pode|também pode) gostar|leia (?:também|mais)",
  "(?:notícias|artigos|matérias) relacionad[oa]s|mais lidas|leggi anche",
  "articoli (?:correlati|recenti)|ultime notizie",
]);

/** Names of comment threads, with the number of comments or an invitation to comment. */
const COMMENTS_NAME = whole([
  "(?:\\d+|no|one) (?:comments?|responses?|replies|thoughts?|kommentare?|commentaires?|" +
    "comentarios?|comentários?|reacties|commenti)(?: (?:on|to|zu) [\"“„«'‘].*| so far)?",
  "(?:comments|kommentare|commentaires|comentarios|comentários) \\(?\\d+\\)?",
  "(?:leave|post|write|add) a (?:comment|reply)|kommentar (?:verfassen|schreiben|hinterlassen)",
  "schreiben? sie einen kommentar|laisser un commentaire|deja (?:un comentario|una respuesta)",
  "deixe (?:um comentário|uma resposta)|lascia un commento",
  "(?:leser|user|reader)[- ]?(?:kommentare|comments)",
]);

/** Notices about subscriptions, advertising, copyright, comments and other pages of the site. */
const NOTICES = [
  /\b(?:sign ?up|subscribe|register)\b.{0,60}\b(?:newsletters?|inbox|e-?mail (?:list|updates?|alerts?)|youtube channel)\b/i,
  /\b(?:newsletters?|inbox)\b.{0,80}\b(?:sign ?up|subscribe|straight|delivered|every (?:day|week|morning))\b/i,
  /\b(?:delivered|straight|right|directly|sent)\b.{0,20}\b(?:to|in|into) your (?:e-?mail|inbox|mailbox)\b/i,
  /^\W*(?:follow|like|join|find|connect with) (?!these|this|the\b)[\w@'’. ]{2,30} (?:on|at|via)\b.{0,20}\b(?:facebook|twitter|instagram|linkedin|telegram|whatsapp|youtube)\b/i,
  /\b(?:abonnieren|bestellen|anmelden)\b.{0,60}\bnewsletter\b|\bnewsletter\b.{0,60}\b(?:abonnieren|bestellen|anmelden)\b/i,
  /\b(?:this|these|our|some|diese[nmr]?|unsere|gekennzeichneten)\b.{0,60}\b(?:affiliate|referral)\b.{0,20}\blinks?\b/i,
  /\b(?:we|i|site|\w+\.\w+) (?:may |might )?(?:earn|receive|get) (?:an? |small |affiliate )*commissions?\b|\berhält\b.{0,40}\bprovision\b/i,
  /^\W*(?:(?:©|\(c\)|copyright\b)\W*(?:19|20)\d\d|all rights reserved|alle rechte vorbehalten|this (?:document|material|article|report) (?:is subject to copyright|may not be))/i,
  /\b(?:moderating|moderate) .{0,20}\bcomments\b|\bcomments (?:are|will be) (?:closed|moderated|reviewed)\b|\bcomentários com\b/i,
  /\b(?:donate|your contribution|support us)\b.{0,60}\b(?:today|now|here|journalism)\b/i,
  /\b(?:like|enjoy(?:ed)?) (?:this|what you).{0,30}\b(?:share|subscribe|join|follow)\b/i,
  /\b(?:have|got) an? (?:news )?(?:tip|correction)s?\b.{0,60}\b(?:email|contact|reach|send|write|call)/i,
];

const COOKIES = /\bcookies?\b/i;
const CONSENT =
  /\b(?:we use|(?:this|our) (?:web ?)?site|by (?:continuing|using)|you (?:accept|agree|consent)|wir (?:verwenden|nutzen|setzen)|(?:diese|unsere)\w* (?:web)?(?:site|seite)|ce site|este sitio|este site|questo sito)\b/i;
const BROWSER =
  /\b(?:older|old|unsupported|outdated|veraltet\w*)\b.{0,30}\bbrowser|\bbrowser\b.{0,60}\b(?:not supported|unsupported|out ?dated|unterstützt|deprecated)|\b(?:enable|activate|turn on|aktivieren)\b.{0,30}\bjavascript|\bjavascript\b.{0,40}\b(?:disabled|deaktiviert|turned off)/i;

const YEAR_OR_TIME = /(?:19|20)\d\d|\b\d?\d[.:]\d\d/;
/** Words of dates: the beginnings of months and weekdays, prepositions, time zones and labels. */
const DATE_WORD =
  /^(?:(?:jan|feb|fev|fév|mar|mär|apr|avr|abr|mai|may|jun|juin|jul|juil|aug|ago|août|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic|ene|gen|giu|lug|mag|mon|tue|wed|thu|fri|sat|sun|die|mit|don|fre|sam|son|lun|mer|jeu|ven|dim|seg|ter|qua|qui|sex|dom)\p{L}{0,7}|mo|di|mi|do|fr|sa|so|st|nd|rd|th|on|at|am|um|as|às|le|la|de|del|den|vom|el|the|pm|uhr|feira|[ecmp][sd]?t|gmt|utc|ist|updated?|published|posted|modified|last|original|created?|date|datum|stand|veröffentlicht|aktualisiert|publié|mis|jour|publicado|actualizado|atualizado|pubblicato)$/iu;

/** @param {string} text */
export const isLabel = (text) => text.length <= MAX_LABEL && LABEL.test(text);

/** @param {string} text */
export const isListName = (text) => text.length <= MAX_LABEL && LIST_NAME.test(text);

/** @param {string} text */
export const isCommentsName = (text) => text.length <= MAX_LABEL && COMMENTS_NAME.test(text);

/** @param {string} text */
export const isNotice = (text) =>
  (COOKIES.test(text) && CONSENT.test(text)) ||
  BROWSER.test(text) ||
  NOTICES.some((notice) => notice.test(text));

/** @param {string} text */
export const isAboutBrowsers = (text) => COOKIES.test(text) || /javascript|browser/i.test(text);

/** @param {string} text */
export const hasDate = (text) => YEAR_OR_TIME.test(text);

/**
 * Returns whether a line has a date and nothing else, except `others` words.
 * @param {string} text
 * @param {number} others
 */
export function isDate(text, others) {
  if (text.length > MAX_DATE || !YEAR_OR_TIME.test(text)) return false;
  const words = text.match(/\p{L}{2,}/gu) ?? [];
  return words.filter((word) => !DATE_WORD.test(word)).length <= others;
}
