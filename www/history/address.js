// The address and the title of the tab: both name the shown conversation. A run that ends while
// the tab is in the background is told in the title.
import { isShared } from "../export/shared-link.js";
import { nameOf } from "../state/conversation.js";

const PREFIX = "#c=";
const PAGE_TITLE = document.title;
const ENDS = { done: "Done", failed: "Failed" };

/** Returns the address of a conversation, for a link on this page. */
export const addressOf = (id) => `${PREFIX}${id}`;

/** Returns the id in the page's address, or "". */
export function idInAddress() {
  const { hash } = location;
  return hash.startsWith(PREFIX) ? hash.slice(PREFIX.length) : "";
}

/**
 * @param onNavigate called with the id of a conversation, or "", after Back, Forward or a typed
 *   address
 */
export function createAddress({ onNavigate }) {
  let shown = idInAddress();
  let end = "";
  let title = PAGE_TITLE;

  const drawTitle = () => {
    document.title = end ? `${end}: ${title}` : title;
  };

  addEventListener("popstate", () => {
    const id = idInAddress();
    // A fragment without an id is a shared link or a link inside the page.
    if ((location.hash && !id) || id === shown) return;
    shown = id;
    onNavigate(id);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    end = "";
    drawTitle();
  });

  return {
    /** @param isImported whether the conversation came from a link, so it is not stored */
    show(conversation, isImported) {
      const hasTurns = conversation.turns.length > 0;
      title = hasTurns ? `${nameOf(conversation)} - llm-fuse` : PAGE_TITLE;
      drawTitle();
      const id = hasTurns ? conversation.id : "";
      if (isImported) shown = "";
      if (isImported || id === shown) return;
      // After a shared link, Back must not open the link again.
      setAddress(isShared(location.hash) ? "replaceState" : "pushState", id);
      shown = id;
    },
    /** Writes the id of a conversation that will be opened. */
    name(id) {
      shown = id;
      setAddress("replaceState", id);
    },
    /** Removes the id of a conversation that this browser does not have. */
    clear() {
      shown = "";
      setAddress("replaceState", "");
    },
    /**
     * Writes the end of a run into the title if the tab is in the background.
     * @param state the state of the run that has ended
     */
    tellEnd(state) {
      if (!document.hidden || !ENDS[state]) return;
      end = ENDS[state];
      drawTitle();
    },
  };
}

function setAddress(how, id) {
  const base = location.pathname + location.search;
  window.history[how](null, "", id ? base + addressOf(id) : base);
}
