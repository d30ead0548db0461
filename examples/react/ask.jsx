// Starts a run on the server and shows its state while the answers arrive.

import { fromResponse } from "llm-fuse";
import { useFusion } from "llm-fuse/react";
import { memo } from "react";

const ask = (prompt) =>
  fromResponse(
    fetch("/ask", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt }),
    }),
  );

export function Ask() {
  const { state, start, stop, retry } = useFusion(ask);
  const { status, panel, analysis, answer, usage, error } = state;
  const isRunning = status === "running";
  const onSubmit = (event) => {
    event.preventDefault();
    start(event.currentTarget.elements.prompt.value);
  };
  return (
    <>
      <h1>Ask a panel</h1>
      <form onSubmit={onSubmit}>
        <input name="prompt" aria-label="Question" defaultValue="Is the sky blue?" required />
        <button type="submit">Ask</button>
        <button type="button" onClick={stop} disabled={!isRunning}>
          Stop
        </button>
        <button type="button" onClick={retry} disabled={isRunning || status === "idle"}>
          Retry
        </button>
      </form>
      <section className="panel" aria-label="Panel">
        {panel.map((panelist) => (
          <Panelist key={panelist.index} panelist={panelist} />
        ))}
      </section>
      {analysis.items.length > 0 && <Comparison items={analysis.items} />}
      <output>{answer.content && <article>{answer.content}</article>}</output>
      {error && <p className="error">{error.message}</p>}
      {usage && <small>Cost so far: ${usage.cost_so_far.toFixed(4)}</small>}
    </>
  );
}

/**
 * Shows a panelist. An unchanged panelist is the same object, so `memo()` does not render it again.
 */
const Panelist = memo(({ panelist: { model, status, content, error, sources } }) => (
  <article>
    <h2>{model}</h2>
    <small>{status === "failed" ? error.message : status.replace("_", " ")}</small>
    <div>{content}</div>
    {sources.length > 0 && <small>{sources.length} sources</small>}
  </article>
));

const Comparison = memo(({ items }) => (
  <section aria-label="Comparison">
    <h2>Comparison</h2>
    <ul>
      {items.map(({ kind, item }) => {
        const text = item.point ?? item.topic ?? item.insight;
        return (
          <li key={`${kind} ${text}`}>
            <small>{kind.replace("_", " ")}</small> {text}
          </li>
        );
      })}
    </ul>
  </section>
));
