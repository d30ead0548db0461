// The page's data, without a page: what is read back from anywhere must be what was kept.

import { readFile } from "node:fs/promises";
import { equal } from "../scenarios/assert.mjs";
import { add, messages, newConversation, path, select, versions } from "../../www/state/conversation.js";
import { apply, end, interrupt, newTurn, usableAnswer } from "../../www/state/turn.js";

export const state = [
  { name: "state: a turn written from a run's events is plain JSON, and says what the run said", run: written },
  { name: "state: what was at work when the page was left is interrupted", run: interrupted },
  { name: "state: versions stand beside each other, each with what followed it", run: tree },
];

const ask = (parent, text) => newTurn({ parent, question: { text, images: [] }, setup: { provider: "sample" } });

async function written() {
  const golden = JSON.parse(await readFile(new URL("../golden/main.json", import.meta.url), "utf8"));
  const events = golden.events ?? golden;
  const turn = ask(null, "Is the sky blue?");
  for (const event of events) apply(turn, event);
  end(turn, "done");
  equal(JSON.parse(JSON.stringify(turn)), turn, "it comes back as it was");
  const { result } = events.at(-1);
  equal(turn.panel.filter(({ state }) => state === "done").map(({ content }) => content), result.responses.map(({ content }) => content));
  equal(turn.panel.filter(({ state }) => state === "failed").map(({ error }) => error.code), result.failed_models.map(({ code }) => code));
  equal(usableAnswer(turn), result.answer);
  equal(turn.usage, result.usage);
  equal(turn.comparison.items.length, Object.values(result.analysis).flat().length);
}

async function interrupted() {
  const turn = ask(null, "Is the sky blue?");
  apply(turn, { type: "run.started", panel: [{ index: 0, model: "a/b", provider: "x" }] });
  apply(turn, { type: "panelist.started", index: 0, model: "a/b", attempt: 1 });
  apply(turn, { type: "panelist.delta", index: 0, delta: "half" });
  turn.began -= 5000;
  turn.last = turn.began + 3000;
  interrupt(turn);
  equal([turn.state, turn.panel[0].state, turn.panel[0].content, turn.took_ms], ["interrupted", "stopped", "half", 3000]);
  const done = { ...ask(null, "x"), state: "done" };
  interrupt(done);
  equal(done.state, "done", "and nothing else is");
}

async function tree() {
  const conversation = newConversation();
  const first = ask(null, "one");
  first.answer.content = "1";
  add(conversation, first);
  const second = ask(first.id, "two");
  second.answer.content = "2";
  add(conversation, second);
  const other = ask(null, "one, edited");
  add(conversation, other);
  equal(path(conversation).map(({ question }) => question.text), ["one, edited"]);
  equal(versions(conversation, first).map(({ id }) => id), [first.id, other.id]);
  select(conversation, first);
  equal(path(conversation).map(({ question }) => question.text), ["one", "two"]);
  equal(messages(conversation, second.id, { text: "three", images: [{ url: "data:x" }] }), [
    { role: "user", content: "one" },
    { role: "assistant", content: "1" },
    { role: "user", content: "two" },
    { role: "assistant", content: "2" },
    { role: "user", content: [{ type: "image_url", image_url: { url: "data:x" } }, { type: "text", text: "three" }] },
  ]);
  equal(messages(conversation, other.id, { text: "three", images: [] }).length, 1, "a question without an answer is no context");
}
