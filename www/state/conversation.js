// A conversation as plain data. Its turns form a tree: a question that is edited, or a member that is asked again, gives a turn beside the
// old one and not in its place, for that one was waited and maybe paid for. What is shown is the path from the first turn to `head`.
import { newId, usableAnswer } from "./turn.js";

/** `{ version, id, created, turns, head }`. It holds no key: it may be kept, exported and shared as it is. */
export const newConversation = () => ({ version: 1, id: newId(), created: Date.now(), turns: [], head: null });

export const turnOf = (conversation, id) => conversation.turns.find((turn) => turn.id === id);

/** The turns that are shown, the first one first. */
export function path(conversation, last = conversation.head) {
  const turns = [];
  for (let turn = turnOf(conversation, last); turn; turn = turnOf(conversation, turn.parent)) turns.unshift(turn);
  return turns;
}

/** This turn and those that stand in its place, in the order of their making. */
export const versions = (conversation, turn) => conversation.turns.filter(({ parent }) => parent === turn.parent);

export function add(conversation, turn) {
  conversation.turns.push(turn);
  conversation.head = turn.id;
}

/** Shows this turn, and what was last asked after it. */
export function select(conversation, turn) {
  let head = turn;
  for (let next = turn; next; next = conversation.turns.findLast(({ parent }) => parent === head.id)) head = next;
  conversation.head = head.id;
}

/** What the models are sent: the new question, after what was asked and answered before it.
 *  @param parent the turn it follows, or null */
export function messages(conversation, parent, question) {
  const earlier = path(conversation, parent).flatMap((turn) => {
    const answer = usableAnswer(turn);
    // A question that got no answer is left out with its silence: two questions in a row confuse models, and some servers refuse them.
    return answer ? [asked(turn.question), { role: "assistant", content: answer }] : [];
  });
  return [...earlier, asked(question)];
}

function asked({ text, images }) {
  if (images.length === 0) return { role: "user", content: text };
  const pictures = images.map(({ url }) => ({ type: "image_url", image_url: { url } }));
  return { role: "user", content: [...pictures, ...(text ? [{ type: "text", text }] : [])] };
}

export const title = (conversation) => conversation.turns[0]?.question.text.split("\n")[0].slice(0, 120) || "Untitled";
