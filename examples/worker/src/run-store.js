// A store for the handler's `keepRuns`: a Durable Object for each key. Only one request at a time
// is in an object, so a key is compared and stored in one step.
import { DurableObject } from "cloudflare:workers";

/** A row has at most 2 MB, and a character at most 3 bytes in UTF-8. */
const ROW_CHARS = 500_000;

/** Returns the store of a namespace of `KeptRun` objects. */
export const runStore = (namespace) => {
  const object = (key) => namespace.get(namespace.idFromName(key));
  return {
    get: (key) => object(key).read(),
    put: (key, value, info) => object(key).write(value, info),
    delete: (key) => object(key).remove(),
  };
};

export class KeptRun extends DurableObject {
  /** Returns the value, or null if there is none or its time is over. */
  read() {
    const { kv, sql } = this.ctx.storage;
    if (!((kv.get("expires") ?? 0) > Date.now())) return null;
    const rows = sql.exec("SELECT text FROM rows ORDER BY i").toArray();
    return rows.map(({ text }) => text).join("");
  }

  /** Returns false if the key has another value than `previous`. */
  async write(value, { expires, previous }) {
    // The alarm comes first: it deletes what is stored if the next steps fail. What follows is
    // synchronous, so no other request comes between the comparison and the write.
    await this.ctx.storage.setAlarm(expires);
    return this.ctx.storage.transactionSync(() => {
      const { kv, sql } = this.ctx.storage;
      if (previous !== undefined && this.read() !== previous) return false;
      sql.exec("CREATE TABLE IF NOT EXISTS rows (i INTEGER PRIMARY KEY, text TEXT NOT NULL)");
      sql.exec("DELETE FROM rows");
      for (let i = 0; i * ROW_CHARS < value.length; i++) {
        const text = value.slice(i * ROW_CHARS, (i + 1) * ROW_CHARS);
        sql.exec("INSERT INTO rows (i, text) VALUES (?, ?)", i, text);
      }
      kv.put("expires", expires);
      return true;
    });
  }

  async remove() {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  async alarm() {
    // The run may have been stored again while the alarm was in flight.
    const expires = this.ctx.storage.kv.get("expires") ?? 0;
    if (expires > Date.now()) await this.ctx.storage.setAlarm(expires);
    else await this.ctx.storage.deleteAll();
  }
}
