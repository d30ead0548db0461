// IndexedDB for the history, with promises by `idb`.
import { openDB } from "idb";

/**
 * Returns `transact(stores, mode, work)`. It resolves with what
 * `work(store, ...)` resolves with, once all of it is kept, and rejects if
 * none of it is. If the database could not be opened, the next call tries again.
 * @param upgrade `(db) => void`: creates the stores
 */
export function database(name, version, upgrade) {
  let opening = null;
  const forget = () => {
    opening = null;
  };

  const connect = async () =>
    openDB(name, version, {
      upgrade,
      // Another tab with a newer version of this page waits for the close.
      blocking(_current, _wanted, event) {
        forget();
        event.target.close();
      },
      terminated: forget,
    });

  function open() {
    if (!opening) {
      opening = connect();
      opening.catch(forget);
    }
    return opening;
  }

  return async function transact(stores, mode, work) {
    const db = await open();
    const transaction = db.transaction(stores, mode);
    const { done } = transaction;
    // Prevents an unhandled rejection if `work` fails first.
    done.catch(() => {});
    try {
      const all = stores.map((store) => transaction.objectStore(store));
      const [result] = await Promise.all([work(...all), done]);
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      // If the disk is full, only the transaction has the cause.
      throw transaction.error ?? error;
    }
  };
}
