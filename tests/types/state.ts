// Type tests of the state of a run, its store, and the hook for React. This file is compiled, but
// never run.
import { type FusionSnapshot, fromResponse, fuse } from "llm-fuse";
import { type Fusion, useFusion } from "llm-fuse/react";
import {
  createFusionStore,
  type FusionState,
  type FusionStore,
  initialState,
  type PanelistState,
  reduce,
  sourcesOf,
} from "llm-fuse/state";

export async function last(apiKey: string): Promise<FusionState> {
  let state = initialState();
  for await (const event of fuse("Why?", { apiKey })) state = reduce(state, event);
  return state;
}

export function shown({ panel, analysis, answer, usage, error }: FusionState): string {
  const findings = analysis.items.map((entry) =>
    // The value of `kind` determines the type of `item`.
    entry.kind === "contradictions" ? entry.item.topic : entry.kind,
  );
  const cost = usage?.cost ?? usage?.cost_so_far ?? 0;
  return [panel.map(row), findings, answer.content, cost.toFixed(2), error?.message].join();
}

function row({ status, retry, usage, sources, tools }: PanelistState): string {
  switch (status) {
    case "retrying":
      return `${retry?.model} in ${retry?.delay_ms} ms`;
    case "completed":
      return `${usage?.cost} ${sources.map(({ url }) => url).join()}`;
    default:
      return tools.map(({ tool }) => tool).join();
  }
}

export const urls = (state: FusionState): string[] => sourcesOf(state).map(({ url }) => url);

// @ts-expect-error a state is read-only
initialState().answer.content = "";
// @ts-expect-error the lists of a state are read-only
initialState().panel.push();

export const ready: FusionStore<[prompt: string, length?: number]> = createFusionStore(
  (prompt: string, length?: number) => fuse({ prompt, max_completion_tokens: length ?? 100 }),
  { resume: (snapshot, prompt) => fuse({ resume: snapshot, rerun: [prompt.length] } as never) },
);
ready.start("Why?", 5);
// @ts-expect-error the arguments of `start()` are those of `begin`
ready.start(5);
const leave: () => void = ready.subscribe((state) => state.answer.content.length);
leave();
const proceeds: boolean | undefined = ready.getRun()?.proceed();

export { proceeds };

export function useAnswers(apiKey: string) {
  const direct = useFusion(fuse);
  direct.start({ prompt: "Why?", preset: "general-fast" }, { apiKey });
  direct.start("Why?");
  const remote: Fusion<[prompt: string]> = useFusion(async (prompt: string) =>
    fromResponse(await fetch(`/ask?${prompt}`)),
  );
  remote.start("Why?");
  remote.stop();
  remote.retry();
  // `resume` does not narrow the arguments of `start()`.
  const resume = (snapshot: FusionSnapshot) => fuse({ resume: snapshot }, { apiKey });
  useFusion(fuse, { resume }).start("Why?", { apiKey });
  createFusionStore(fuse, { resume }).start("Why?", { apiKey });
  useFusion((prompt: string) => fuse(prompt), { resume }).start("Why?");
  // @ts-expect-error `resume` receives the arguments of `start()`
  useFusion((prompt: string) => fuse(prompt), { resume: (_, length: number) => fuse(`${length}`) });
  // @ts-expect-error a prompt is missing
  remote.start();
  // @ts-expect-error `begin` must return a run
  useFusion(() => 5);
  return remote.state.answer.content + direct.state.status;
}
