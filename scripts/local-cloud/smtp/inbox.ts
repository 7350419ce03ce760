import PostalMime from "postal-mime";
import type { Storage } from "../storage.ts";

/** A received mail, decoded. */
export interface InboxMail {
  id: string;
  received_at: string;
  /** Sender of the envelope. */
  from: string;
  /** Recipients of the envelope, separated by commas. */
  to: string;
  subject: string;
  message_id: string;
  text: string;
  html: string;
  /** Header values by header name in lower case. */
  headers: Record<string, string>;
}

/** The inbox of all mails of the local cloud. No mail leaves the machine. */
export interface Inbox {
  add(mail: { from: string; to: readonly string[]; bytes: Buffer }): void;
  /** Lists mails, newest first. `to` selects one address and ignores case. */
  list(selection?: { to?: string; limit?: number }): Promise<InboxMail[]>;
  get(id: string): Promise<InboxMail | undefined>;
  /** Removes all mails. */
  empty(): void;
}

interface Row {
  id: number;
  received_ms: number;
  mail_from: string;
  rcpt_to: string;
  bytes: Uint8Array;
}

const TABLE = [
  ["id", "INTEGER PRIMARY KEY AUTOINCREMENT"],
  ["received_ms", "INTEGER NOT NULL"],
  ["mail_from", "TEXT NOT NULL"],
  ["rcpt_to", "TEXT NOT NULL"],
  ["bytes", "BLOB NOT NULL"],
];

/** Opens the inbox of a storage. */
export function createInbox({ db }: Pick<Storage, "db">, now: () => number): Inbox {
  db.exec(`CREATE TABLE IF NOT EXISTS inbox (${TABLE.map(column => column.join(" ")).join(", ")})`);
  const insert = db.prepare("INSERT INTO inbox (received_ms, mail_from, rcpt_to, bytes) VALUES (?, ?, ?, ?)");
  const newest = db.prepare("SELECT * FROM inbox ORDER BY id DESC LIMIT ?");
  const newestTo = db.prepare(
    "SELECT * FROM inbox WHERE EXISTS (SELECT 1 FROM json_each(rcpt_to) WHERE lower(value) = lower(?)) ORDER BY id DESC LIMIT ?",
  );
  const one = db.prepare("SELECT * FROM inbox WHERE id = ?");
  const everything = db.prepare("DELETE FROM inbox");
  return {
    add: ({ from, to, bytes }) => void insert.run(now(), from, JSON.stringify(to), bytes),
    // SQLite reads a limit of -1 as no limit.
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
