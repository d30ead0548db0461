// IndexedDB as promises, as far as the history needs it. What is opened anew after a failure may work the next time.

/** @param upgrade `(db) => void`: makes the stores
 *  @returns `transact(stores, mode, work)`: resolves with what `work(store, ...)` gives once all of it is kept, and rejects if none of it is */
export function database(name, version, upgrade) {
  let opening = null;

  function open() {
    opening ??= new Promise((resolve, reject) => {
      // Where storage is switched off, asking for it throws.
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => upgrade(request.result);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const db = request.result;
        const forget = () => (opening = null);
        db.onclose = forget;
        // A newer version of this page, in another tab, waits for this one to let go.
        db.onversionchange = () => {
          db.close();
          forget();
        };
        resolve(db);
      };
    }).catch((error) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  return async function transact(stores, mode, work) {
    const db = await open();
    const transaction = db.transaction(stores, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new DOMException("The transaction was given up.", "AbortError"));
    });
    try {
      const [result] = await Promise.all([work(...stores.map((store) => transaction.objectStore(store))), done]);
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended by itself.
      }
      // A full disk is told by the transaction, not by the request that met it.
      throw transaction.error ?? error;
    }
  };
}

export const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
