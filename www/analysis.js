// The comparison, item by item as the analyst closes each one, in five groups.
import { h, setText } from "./dom.js";
import { explain } from "./explain.js";
import { plural } from "./format.js";
import { inlineMarkdown } from "./markdown.js";
import { badge } from "./panel.js";

const GROUPS = [
  ["consensus", "Agreed"],
  ["contradictions", "Disagreed"],
  ["partial_coverage", "Some said"],
  ["unique_insights", "Only one said"],
  ["blind_spots", "Nobody said"],
];

export function createAnalysis(plan) {
  const note = h("p", { class: "pending" });
  const footnote = h("p", { class: "fine", hidden: true });
  const groups = h("div", { class: "groups" });
  const element = h("section", { class: "card analysis", "data-phase": "idle", "aria-label": "Comparison" }, h("header", {}, h("h3", {}, "Comparison")), note, groups, footnote);
  let members = [];
  let lists = {};

  const say = (sentence) => {
    setText(note, sentence);
    note.hidden = !sentence;
  };
  const empty = () => {
    lists = {};
    groups.replaceChildren();
  };

  function add(kind, item) {
    if (!lists[kind]) {
      lists[kind] = h("ul");
      const [, title] = GROUPS.find(([name]) => name === kind) ?? [kind, kind];
      const group = h("section", { class: "group", "data-kind": kind }, h("h4", {}, title), lists[kind]);
      // Groups keep their order even if a model sends the lists in another one.
      const place = (name) => GROUPS.findIndex(([known]) => known === name);
      groups.insertBefore(group, [...groups.children].find((other) => place(other.dataset.kind) > place(kind)) ?? null);
    }
    lists[kind].append(show(kind, item, members));
    say("");
  }

  return {
    element,
    on(event) {
      switch (event.type) {
        case "run.started":
          members = event.panel;
          return;
        case "analysis.started":
          // The second pass marks what is there.
          if (event.pass) return setText(footnote, `${footnote.textContent} A second look had them in reverse.`);
          element.dataset.phase = "working";
          empty();
          say("Reading the replies without knowing who wrote them.");
          setText(footnote, `The analyst saw no names; the order was ${event.order.map((index) => index + 1).join(", ")}.`);
          return;
        case "analysis.item":
          return add(event.kind, event.item);
        case "analysis.completed":
          element.dataset.phase = "done";
          footnote.hidden = false;
          empty();
          for (const [kind] of GROUPS) for (const item of event.analysis[kind]) add(kind, item);
          return groups.children.length === 0 ? say("The analyst found nothing to point out.") : undefined;
        case "analysis.failed": {
          const { title } = explain(event.error, plan);
          if (!event.next) element.dataset.phase = "failed";
          return say(event.next ? `${title} Trying again with ${event.next}.` : `No comparison: ${title} The answer is written from the replies alone.`);
        }
        case "answer.started":
          // One reply, or no analyst: there was nothing to compare.
          if (element.dataset.phase === "idle") {
            element.dataset.phase = "done";
            say("Nothing to compare this time.");
          }
          return;
      }
    },
    stop() {
      if (element.dataset.phase !== "working") return;
      element.dataset.phase = "stopped";
      say("Stopped before it was finished.");
    },
  };
}

function show(kind, item, members) {
  switch (kind) {
    case "contradictions":
      return h(
        "li",
        {},
        point(item.topic),
        doubt(item),
        h("ul", { class: "stances" }, item.stances.map((stance) => h("li", {}, who([stance.panelist], members), " ", inline(stance.stance), stance.quotes.map((quote) => quoted(quote))))),
      );
    case "unique_insights":
      return h("li", {}, point(item.insight), doubt(item), backing([item.panelist], item.quotes, members));
    case "blind_spots":
      return h("li", {}, point(item.point), doubt(item));
    default:
      return h("li", {}, point(item.point), doubt(item), backing(item.panelists, item.quotes, members));
  }
}

const doubt = ({ survived }) => survived === false && h("p", { class: "fine doubt" }, "Did not hold in a second look.");
const inline = (text) => h("span", {}, inlineMarkdown(text));
const point = (text) => h("p", { class: "point" }, inlineMarkdown(text));

function backing(panelists, quotes, members) {
  const doubtful = quotes.filter(({ verified }) => !verified).length;
  return h(
    "div",
    { class: "backing" },
    who(panelists, members),
    quotes.length > 0 &&
      h(
        "details",
        { class: "quotes" },
        h("summary", {}, plural(quotes.length, "quote"), doubtful > 0 && h("span", { class: "doubt" }, `, ${doubtful} not word for word`)),
        quotes.map((quote) => quoted(quote, panelists.length > 1 && badge(quote.index))),
      ),
  );
}

function who(indexes, members) {
  const chips = indexes.map((index) =>
    h("a", { class: "by", href: `#panelist-${index}`, "data-who": index }, badge(index), members[index]?.model.split("/").at(-1) ?? `Panelist ${index + 1}`),
  );
  return h("span", { class: "said-by" }, chips);
}

function quoted({ quote, verified }, by) {
  return h(
    "blockquote",
    { class: verified ? "quote verified" : "quote unverified" },
    by || "",
    inlineMarkdown(quote),
    h("span", { class: "mark-quote" }, verified ? h("span", { class: "sr-only" }, " (stands in the reply)") : "not word for word"),
  );
}
