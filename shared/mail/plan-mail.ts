import type { Work } from "../pipeline/work.ts";
import type { Mail, MailOf, Template } from "./mail.ts";
import { mailKey } from "./mail.ts";

/** The effect that sends every mail. */
export const SEND_MAIL = "send-mail";

/** A mail as a reaction asks for it. planMail adds `since_ms`. */
export type AskedMail = AskedMailOf<Template>;

type AskedMailOf<T extends Template> = T extends Template ? Omit<MailOf<T>, "since_ms"> : never;

/**
 * Plans a mail that is sent at `dueMs` or later; no other way to send one exists. A mail that was planned
 * before under the same key is the same mail: the unit of work is skipped.
 */
export function planMail(work: Pick<Work, "effect" | "nowMs">, asked: AskedMail, dueMs = work.nowMs): void {
  const data = { ...asked, since_ms: Math.max(dueMs, work.nowMs) } as Mail;
  work.effect(SEND_MAIL, { key: mailKey(data), data, dueMs });
}
