import PostalMime from "postal-mime";
import type { Storage } from "../storage.ts";

/** One mail that came in, as somebody who looks through it sees it. */
export interface InboxMail {
  id: string;
  received_at: string;
  from: string;
  /** Whom the server was told to deliver it to; several are separated by commas. */
  to: string;
  subject: string;
  message_id: string;
  text: string;
  html: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
}

/** Where every mail of the local cloud ends: it reaches nobody. */
export interface Inbox {
  add(mail: { from: string; to: readonly string[]; bytes: Buffer }): void;
  /** Newest first; `to` narrows it to one address, in letters of either case. */
  list(narrowed?: { to?: string; limit?: number }): Promise<InboxMail[]>;
  get(id: string): Promise<InboxMail | undefined>;
  empty(): void;
}

interface Row {
  id: number;
  received_ms: number;
  mail_from: string;
  rcpt_to: string;
  bytes: Uint8Array;
}

/** The mails that were kept in the storage, and those that come. */
export function createInbox({ db }: Pick<Storage, "db">, now: () => number): Inbox {
  db.exec(`CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, received_ms INTEGER NOT NULL,
    mail_from TEXT NOT NULL, rcpt_to TEXT NOT NULL, bytes BLOB NOT NULL)`);
  const insert = db.prepare("INSERT INTO inbox (received_ms, mail_from, rcpt_to, bytes) VALUES (?, ?, ?, ?)");
  const newest = db.prepare("SELECT * FROM inbox ORDER BY id DESC LIMIT ?");
  const newestTo = db.prepare(
    "SELECT * FROM inbox WHERE EXISTS (SELECT 1 FROM json_each(rcpt_to) WHERE lower(value) = lower(?)) ORDER BY id DESC LIMIT ?",
  );
  const one = db.prepare("SELECT * FROM inbox WHERE id = ?");
  const everything = db.prepare("DELETE FROM inbox");
  return {
    add: ({ from, to, bytes }) => void insert.run(now(), from, JSON.stringify(to), bytes),
    list: ({ to, limit = -1 } = {}) => {
      const rows = to === undefined ? newest.all(limit) : newestTo.all(to, limit);
      return Promise.all(rows.map(row => readMail(row as unknown as Row)));
    },
    async get(id) {
      const row = /^[1-9]\d{0,14}$/.test(id) ? one.get(Number(id)) : undefined;
      return row && readMail(row as unknown as Row);
    },
    empty: () => void everything.run(),
  };
}

async function readMail({ id, received_ms, mail_from, rcpt_to, bytes }: Row): Promise<InboxMail> {
  const { subject = "", messageId = "", text = "", html = "", headers } = await PostalMime.parse(bytes);
  return {
    id: String(id),
    received_at: new Date(received_ms).toISOString(),
    from: mail_from,
    to: JSON.parse(rcpt_to).join(", "),
    subject,
    message_id: messageId,
    text,
    html,
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
  };
}
