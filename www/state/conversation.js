// Defines a conversation as plain data. The turns of a conversation form a tree. If a question is
// edited or a panelist runs again, a new turn is added beside the old one. The page shows the path
// from the root to `head`.
import { newId, usableAnswer } from "./turn.js";

/**
 * Returns an empty conversation. A conversation contains no key, so it can be stored, exported and
 * shared without changes.
 */
export const newConversation = () => ({
  version: 1,
  id: newId(),
  created: Date.now(),
  turns: [],
  head: null,
});

export const turnOf = (conversation, id) => conversation.turns.find((turn) => turn.id === id);

/** Returns the turns from the root to `last`. By default, these are the shown turns. */
export function path(conversation, last = conversation.head) {
  const turns = [];
  let turn = turnOf(conversation, last);
  while (turn) {
    turns.unshift(turn);
    turn = turnOf(conversation, turn.parent);
  }
  return turns;
}

/** Returns the turns with the same parent as this one, in the order of creation. */
export const versions = (conversation, turn) =>
  conversation.turns.filter(({ parent }) => parent === turn.parent);

export function add(conversation, turn) {
  conversation.turns.push(turn);
  conversation.head = turn.id;
}

/**
 * Shows a turn. If other turns follow this turn, also shows the newest of them, then the newest
 * turn after that one, and so on.
 */
export function select(conversation, turn) {
  const newestChild = ({ id }) => conversation.turns.findLast(({ parent }) => parent === id);
  let last = turn;
  for (let next = turn; next; next = newestChild(last)) last = next;
  conversation.head = last.id;
}

/**
 * Returns the messages for the models: the earlier questions and answers, then the new question.
 * @param parent id of the turn that the question follows, or null
 * @param to `{ turn, index }` of the only member that must answer. For that turn, the messages
 *   contain the member's own reply instead of the turn's answer
 */
export function messages(conversation, parent, question, to) {
  const earlier = path(conversation, parent).flatMap((turn) => {
    const own = to?.turn === turn.id && turn.panel[to.index]?.content;
    const answer = own || usableAnswer(turn);
    // Skip a question without an answer, because some servers reject two user messages in a row.
    return answer ? [userMessage(turn.question), { role: "assistant", content: answer }] : [];
  });
  return [...earlier, userMessage(question)];
}

function userMessage({ text, images, files = [] }) {
  const whole = [...files.map(fileText), ...(text ? [text] : [])].join("\n\n");
  if (images.length === 0) return { role: "user", content: whole };
  const pictures = images.map(({ url }) => ({ type: "image_url", image_url: { url } }));
  return {
    role: "user",
    content: [...pictures, ...(whole ? [{ type: "text", text: whole }] : [])],
  };
}

/**
 * Returns a file as text for the models. A file from a link or from an older conversation may have
 * only a name. The text then says that the file was not kept.
 */
function fileText({ name, text = "" }) {
  const label = JSON.stringify(name);
  return text ? `<file name=${label}>\n${text}\n</file>` : `<file name=${label} not-kept />`;
}

export function title({ turns }) {
  const { text = "", files = [] } = turns[0]?.question ?? {};
  return text.split("\n")[0].slice(0, 120) || files[0]?.name || "Untitled";
}

/** Returns the name that the person has given, or else the title. */
export const nameOf = (conversation) => conversation.name || title(conversation);
