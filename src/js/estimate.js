// estimate(): what a run may cost. It is planned by the core as a run is, and not begun.

import { FusionError } from "./error.js";
import { closeCalls, enter, leave, send } from "./host.js";
import { fetchOf, separate } from "./options.js";
import { json, plain } from "./plain.js";
import { snapshotOf } from "./snapshot.js";

export async function estimate(core, request, options) {
  let data, live;
  try {
    data = plain(request, "");
    live = separate(options);
  } catch (reason) {
    const message = typeof reason === "string" ? reason : "the request or its options can't be read: a property throws";
    throw failed({ code: "invalid_request", message });
  }
  const { signal } = live;
  const stopIfAborted = () => {
    if (signal?.aborted) throw signal.reason;
  };
  stopIfAborted();
  const glue = await core.load();
  stopIfAborted();
  return new Promise((resolve, reject) => {
    const controllers = [];
    let handle;
    let id;
    const settle = (act) => {
      leave(id);
      signal?.removeEventListener?.("abort", onAbort);
      act();
    };
    const onAbort = () => {
      closeCalls(controllers);
      const gone = handle;
      handle = undefined;
      // Not from inside a poll, which a caller's fetch that aborts is.
      queueMicrotask(() => guard(() => gone?.free()));
      settle(() => reject(signal.reason));
    };
    const guard = (call) => {
      try {
        return call();
      } catch (cause) {
        core.contain(cause);
        return undefined;
      }
    };
    const poll = () => {
      const outcome = handle && guard(() => handle.poll());
      if (!outcome || !handle) return;
      // Freeing closes what is open, and whoever hears of that may abort.
      const done = handle;
      handle = undefined;
      guard(() => done.free());
      const { estimate, error } = outcome;
      settle(() => (error ? reject(failed(error)) : resolve(estimate)));
    };
    const wake = () => queueMicrotask(poll);
    id = enter({
      wake,
      abandon(message, cause) {
        handle = undefined;
        closeCalls(controllers);
        settle(() => reject(failed({ code: "unexpected_error", message: `the core of llm-fuse failed: ${message ?? cause}` }, cause)));
      },
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    const fetching = (url, init, controller, provider) => {
      controllers.push(controller);
      return send(fetchOf(live, provider) ?? core.fetch, url, init, wake);
    };
    guard(() => (handle = new glue.Estimation(id, json(data), json(live.data), fetching)));
    poll();
  });
}

/** Nothing was bought; an estimate's error still has the shape of a run's. */
function failed(error, cause) {
  return new FusionError(error, snapshotOf({}, "failed"), cause);
}
