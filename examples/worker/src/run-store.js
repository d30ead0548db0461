// A store for the handler's `keepRuns`, with one Durable Object for each key. The comparison and
// the write are synchronous, so no other request can run between them.
import { DurableObject } from "cloudflare:workers";

/**
 * Maximum characters of a row. A row has at most 2 MB, and a character has at most 3 bytes in
 * UTF-8.
 */
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
  /** Returns the value, or null if it is missing or has expired. */
  read() {
    const { kv, sql } = this.ctx.storage;
    if (!((kv.get("expires") ?? 0) > Date.now())) return null;
    const rows = sql.exec("SELECT text FROM rows ORDER BY i").toArray();
    return rows.map(({ text }) => text).join("");
  }

  /** Stores the value. If the current value is not `previous`, stores nothing and returns false. */
  async write(value, { expires, previous }) {
    // Set the alarm first, so that the stored value is deleted even if a later step fails.
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
    // The run may have been stored again after this alarm started.
    const expires = this.ctx.storage.kv.get("expires") ?? 0;
    if (expires > Date.now()) await this.ctx.storage.setAlarm(expires);
    else await this.ctx.storage.deleteAll();
  }
}
