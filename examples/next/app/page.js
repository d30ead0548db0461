"use client";
// A chat that shows the panel, the analysis and the answer.
import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";

const transport = new DefaultChatTransport({ api: "/api/chat" });

export default function Page() {
  const { messages, sendMessage, status, stop, error } = useChat({ transport });
  const isRunning = status === "submitted" || status === "streaming";
  const submit = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    sendMessage({ text: new FormData(form).get("question") });
    form.reset();
  };
  return (
    <main>
      <h1>Ask a panel</h1>
      {messages.map(({ id, role, parts, metadata }) => (
        <article key={id} data-role={role}>
          {parts.map((part, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts are never moved
            <Part key={i} part={part} />
          ))}
          {metadata?.cost > 0 && <small>{`$${metadata.cost.toFixed(4)}`}</small>}
        </article>
      ))}
      {error && <p role="alert">The run failed: {error.message}</p>}
      <form onSubmit={submit}>
        <input name="question" aria-label="Question" required />
        {isRunning ? (
          // The key makes React create a new button. Otherwise React would reuse the button that
          // was clicked, and the click would submit the form.
          <button key="stop" type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button key="ask" type="submit">
            Ask
          </button>
        )}
      </form>
    </main>
  );
}

function Part({ part }) {
  if (part.providerMetadata?.["llm-fuse"]?.void) return null;
  switch (part.type) {
    case "text":
      return <p data-part="text">{part.text}</p>;
    case "data-panelist":
      return <Panelist {...part.data} />;
    case "data-analysis":
      return <Analysis {...part.data} />;
    case "source-url":
      return (
        <p>
          <a href={part.url}>{part.title ?? part.url}</a>
        </p>
      );
    default:
      return null;
  }
}

function Panelist({ model, status, content, error }) {
  return (
    <details data-part="panelist" open={status === "writing"}>
      <summary>
        {model}: {error?.code ?? status}
      </summary>
      <p>{content}</p>
    </details>
  );
}

function Analysis({ status, items }) {
  return (
    <section data-part="analysis" aria-label="Analysis">
      <h2>Analysis ({status})</h2>
      <ul>
        {items.map(({ kind, item }) => (
          <li key={`${kind} ${textOf(item)}`}>
            {kind.replace("_", " ")}: {textOf(item)}
          </li>
        ))}
      </ul>
    </section>
  );
}

const textOf = ({ point, topic, insight }) => point ?? topic ?? insight;
