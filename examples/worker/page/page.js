import { fromResponse } from "llm-fuse";

const { state, answer } = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const call = (path, init, key = sessionStorage.key_) => fetch(path, { ...init, headers: { ...init?.headers, authorization: `Bearer ${key}` } });

async function follow(id) {
  const open = (lastEventId) => call(`/runs/${id}`, { headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId } });
  for await (const event of fromResponse(open(), { reconnect: open })) {
    state.textContent = event.type;
    if (event.type === "answer.started") answer.textContent = "";
    if (event.type === "answer.delta") answer.textContent += event.delta;
  }
}

document.forms[0].onsubmit = async (event) => {
  event.preventDefault();
  const { prompt, key } = Object.fromEntries(new FormData(event.target));
  sessionStorage.key_ = key;
  const response = await call("/runs", { method: "POST", body: JSON.stringify({ prompt, preset: "general-fast" }) });
  if (!response.ok) return void (state.textContent = await response.text());
  const { id } = await response.json();
  location.hash = id;
  await follow(id);
};
// After a reload, or on another device: the address names the run.
if (location.hash && sessionStorage.key_) await follow(location.hash.slice(1));
