// What the package promises, by chapter. A scenario is { name, run(t), not? }; `not` names runtimes it cannot run in, with the reason.

import adversary from "./adversary.mjs";
import analyst from "./analyst.mjs";
import budget from "./budget.mjs";
import callbacks from "./callbacks.mjs";
import cancelling from "./cancelling.mjs";
import concurrency from "./concurrency.mjs";
import control from "./control.mjs";
import crossing from "./crossing.mjs";
import faults from "./faults.mjs";
import fetches from "./fetches.mjs";
import hosted from "./hosted.mjs";
import input from "./input.mjs";
import limits from "./limits.mjs";
import main from "./main.mjs";
import mixed from "./mixed.mjs";
import money from "./money.mjs";
import panel from "./panel.mjs";
import providers from "./providers.mjs";
import reading from "./consumption.mjs";
import refusals from "./refusals.mjs";
import remote from "./remote.mjs";
import request from "./request.mjs";
import requested from "./requested.mjs";
import resume from "./resume.mjs";
import retries from "./retries.mjs";
import secrets from "./secrets.mjs";
import snapshot from "./snapshot.mjs";
import testing from "./testing.mjs";
import tools from "./tools.mjs";
import wire from "./wire.mjs";
import writer from "./writer.mjs";

const chapters = { main, request, panel, analyst, adversary, writer, money, budget, reading, remote, cancelling, control, snapshot, crossing, resume, secrets, retries, limits, wire, faults, fetches, input, concurrency, mixed, providers, hosted, callbacks, requested, refusals, testing, tools };

export const scenarios = Object.entries(chapters).flatMap(([chapter, list]) =>
  list.map((scenario, i) => ({ ...scenario, name: `${chapter}: ${scenario.name}`, id: `${chapter}-${i}` })),
);
