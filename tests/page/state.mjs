// Tests the data of a conversation without a page: turns, versions, and the conversion to JSON and
// back.

import { readFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";
import { fromHash } from "../../www/export/link.js";
import { readConversation } from "../../www/export/read.js";
import { toJson } from "../../www/export/write.js";
import { beginCheck } from "../../www/state/checks.js";
import {
  add,
  messages,
  newConversation,
  path,
  select,
  versions,
} from "../../www/state/conversation.js";
import {
  apply,
  end,
  endCheck,
  interrupt,
  newTurn,
  upgradeTurn,
  usableAnswer,
} from "../../www/state/turn.js";
import { describeError, readableMessage } from "../../www/text/error-messages.js";
import { equal } from "../scenarios/assert.mjs";

export const state = [
  { name: "state: a turn built from events is plain JSON and equals the result", run: written },
  { name: "state: a turn that was running when the page closed is interrupted", run: interrupted },
  { name: "state: a check in any state is exported and read again", run: checksReadAgain },
  { name: "state: each version keeps the turns after it", run: tree },
  { name: "state: an unknown error code is described as unexpected", run: unknownCode },
  { name: "state: messages count the panel from 1, as the badges do", run: countedFromOne },
  { name: "state: stored turns, files and links with earlier field names are read", run: upgraded },
];

const ask = (parent, text) =>
  newTurn({ parent, question: { text, images: [] }, setup: { provider: "sample" } });

async function written() {
  const golden = JSON.parse(
    await readFile(new URL("../golden/main.json", import.meta.url), "utf8"),
  );
  const events = golden.events ?? golden;
  const turn = ask(null, "Is the sky blue?");
  for (const event of events) apply(turn, event);
  end(turn, "done");
  equal(JSON.parse(JSON.stringify(turn)), turn, "the JSON round trip changes nothing");
  const { result } = events.at(-1);
  equal(
    turn.panel.filter(({ state }) => state === "done").map(({ content }) => content),
    result.responses.map(({ content }) => content),
  );
  equal(
    turn.panel.filter(({ state }) => state === "failed").map(({ error }) => error.code),
    result.failed_models.map(({ code }) => code),
  );
  equal(usableAnswer(turn), result.answer);
  equal(turn.usage, result.usage);
  equal(turn.comparison.items.length, Object.values(result.analysis).flat().length);
}

async function countedFromOne() {
  equal(
    readableMessage("`analysis_models[0].provider` is `nobody`; `analysis_models[11]` is `x`"),
    "`provider` of model 1 is `nobody`; model 12 is `x`",
  );
}

async function interrupted() {
  const turn = ask(null, "Is the sky blue?");
  apply(turn, { type: "run.started", panel: [{ index: 0, model: "a/b", provider: "x" }] });
  apply(turn, { type: "panelist.started", index: 0, model: "a/b", attempt: 1 });
  apply(turn, { type: "panelist.delta", index: 0, delta: "half" });
  turn.began -= 5000;
  turn.last = turn.began + 3000;
  interrupt(turn);
  equal(
    [turn.state, turn.panel[0].state, turn.panel[0].content, turn.took_ms],
    ["interrupted", "stopped", "half", 3000],
  );
  const done = { ...ask(null, "x"), state: "done" };
  interrupt(done);
  equal(done.state, "done", "other turns are unchanged");
}

async function checksReadAgain() {
  const conversation = newConversation();
  const turn = { ...ask(null, "Is the sky blue?"), state: "done" };
  add(conversation, turn);
  const error = { code: "x", message: "", status_code: null, retry_after_ms: null };
  for (const [nth, state] of ["done", "stopped", "failed", "interrupted"].entries()) {
    beginCheck(turn, [nth]);
    endCheck(turn, [nth], state, error);
  }
  beginCheck(turn, [4]);
  const statuses = ({ comparison }) => comparison.checks.map(({ status }) => status);
  equal(statuses(turn), ["stopped", "stopped", "failed", "interrupted", "running"]);
  const read = () => readConversation(toJson(conversation)).turns[0].comparison.checks;
  equal(read(), turn.comparison.checks);
  interrupt(turn);
  equal(statuses(turn).at(-1), "interrupted", "the page was closed during the last check");
  equal(read(), turn.comparison.checks);
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
  equal(
    path(conversation).map(({ question }) => question.text),
    ["one, edited"],
  );
  equal(
    versions(conversation, first).map(({ id }) => id),
    [first.id, other.id],
  );
  select(conversation, first);
  equal(
    path(conversation).map(({ question }) => question.text),
    ["one", "two"],
  );
  equal(messages(conversation, second.id, { text: "three", images: [{ url: "data:x" }] }), [
    { role: "user", content: "one" },
    { role: "assistant", content: "1" },
    { role: "user", content: "two" },
    { role: "assistant", content: "2" },
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "data:x" } },
        { type: "text", text: "three" },
      ],
    },
  ]);
  equal(
    messages(conversation, other.id, { text: "three", images: [] }).length,
    1,
    "a question without an answer is not sent",
  );
}

async function upgraded() {
  const old = {
    id: "a",
    state: "done",
    question: { text: "Is the sky blue?" },
    setup: { provider: "sample", staged: true },
    panel: [{ index: 0, model: "a/b", state: "done", content: "Blue.", thoughts: "Hm." }],
    comparison: { state: "done", thoughts: "Comparing." },
    answer: { state: "done", content: "Blue.", thoughts: "Writing." },
  };
  const file = JSON.stringify({ version: 1, head: "a", turns: [old] });
  const { turns: fromFile } = readConversation(file);
  const packed = deflateRawSync(Buffer.from(file)).toString("base64url");
  const { turns: fromLink } = await fromHash(`#conversation=${packed}`);
  for (const turn of [upgradeTurn(structuredClone(old)), fromFile[0], fromLink[0]]) {
    const { panel, comparison, answer, setup } = turn;
    equal(
      [panel[0].reasoning, comparison.reasoning, answer.reasoning, setup.isSample],
      ["Hm.", "Comparing.", "Writing.", true],
    );
    equal(["thoughts" in panel[0], "thoughts" in answer, "staged" in setup], [false, false, false]);
  }
}

async function unknownCode() {
  for (const code of ["constructor", "__proto__", "no_such_code", ""]) {
    equal(describeError({ code, message: "" }, { host: "" }).title, "Unexpected error.", code);
  }
}
