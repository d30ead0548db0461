// Makes sentences about a run for screen readers.
import { describeError } from "../text/error-messages.js";
import { modelName, plural } from "../text/format.js";

/**
 * Announces important events to screen readers. Does not announce the texts, because users read
 * them on the page.
 */
export function announceEvent(event, turn, announce) {
  const name = (index) => modelName(turn.panel[index].model).name;
  switch (event.type) {
    case "run.started":
      return announce(`Asked ${plural(turn.panel.length, "model")}.`);
    case "panelist.completed":
      return announce(`${name(event.index)} has answered.`);
    case "panelist.failed": {
      const { code } = event.error;
      if (code === "cancelled") return;
      const failed = `failed. ${describeError(event.error, turn.setup).title}`;
      const end = code === "budget_exceeded" ? "was cut off at the cost limit." : failed;
      return announce(`${name(event.index)} ${end}`);
    }
    case "panel.escalated":
      return announce(`${plural(event.panel.length, "further model")} joined.`);
    case "panel.settled":
      return announce("No further model had to join.");
    case "analysis.completed":
      return announce("The comparison is ready.");
    case "answer.completed":
      return announce("The answer is complete.");
  }
}
