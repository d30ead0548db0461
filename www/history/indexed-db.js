// Opens IndexedDB for the history. The package `idb` provides promises.
import { openDB } from "idb";

/**
 * Returns `transact(stores, mode, work)`. It resolves with the result of `work(store, ...)` after
 * the commit, and rejects if the transaction is aborted. If the database could not be opened, the
 * next call tries again.
 * @param upgrade `(db) => void` creates the stores
 */
export function database(name, version, upgrade) {
  let opening = null;
  const forget = () => {
    opening = null;
  };

  const connect = async () =>
    openDB(name, version, {
      upgrade,
      // Another tab has a newer version of this page and waits for the database. Close the database
      // here.
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
    // If `work` fails, the code below does not await `done`. Handle its rejection here.
    done.catch(() => {});
    try {
      const all = stores.map((store) => transaction.objectStore(store));
      const [result] = await Promise.all([work(...all), done]);
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // The transaction has already ended.
      }
      // If the disk is full, only `transaction.error` has the cause.
      throw transaction.error ?? error;
    }
  };
}
