import { fromResponse } from "llm-fuse";

const [form, state, answer] = ["form", "#state", "#answer"].map((name) =>
  document.querySelector(name),
);
const call = (path, init) =>
  fetch(path, {
    ...init,
    headers: { ...init?.headers, authorization: `Bearer ${sessionStorage.getItem("key")}` },
  });
let run;

async function follow(id) {
  const open = (lastEventId) => call(`/runs/${id}`, { headers: { "last-event-id": lastEventId } });
  run = fromResponse(open("0"), { reconnect: open });
  for await (const event of run) {
    state.textContent = event.type;
    // Discard the text so far: the Durable Object or the writer has restarted.
    if (event.type === "run.started" || event.type === "answer.started") answer.textContent = "";
    if (event.type === "answer.delta") answer.textContent += event.delta;
    if (event.type === "answer.completed") answer.textContent = event.content;
  }
}

const showError = (error) => (state.textContent = error.message);

form.onsubmit = async (event) => {
  event.preventDefault();
  run?.cancel(); // closes the connection only: the run continues in its Durable Object
  const { prompt, key } = Object.fromEntries(new FormData(form));
  sessionStorage.setItem("key", key);
  const response = await call("/runs", {
    method: "POST",
    body: JSON.stringify({ prompt, preset: "general-fast" }),
  });
  if (!response.ok) return showError((await response.json()).error);
  location.hash = (await response.json()).id;
  follow(location.hash.slice(1)).catch(showError);
};
// After a reload or on another device, the URL names the run.
if (location.hash && sessionStorage.getItem("key")) follow(location.hash.slice(1)).catch(showError);
