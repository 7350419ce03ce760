import type { Work } from "../pipeline/work.ts";
import type { Mail, MailOf, Template } from "./mail.ts";
import { mailKey } from "./mail.ts";

/** The effect that sends every mail. */
export const SEND_MAIL = "send-mail";

/** A mail as it is asked for: when it was planned is this unit of work's matter. */
export type AskedMail = AskedOf<Template>;

type AskedOf<T extends Template> = T extends Template ? Omit<MailOf<T>, "since_ms"> : never;

/**
 * The one way to have a mail sent, and not before its time. A mail that was planned before, by whomever, is the same
 * mail: this unit of work is then skipped.
 */
export function planMail(work: Pick<Work, "effect" | "nowMs">, asked: AskedMail, dueMs = work.nowMs): void {
  const data = { ...asked, since_ms: Math.max(dueMs, work.nowMs) } as Mail;
  work.effect(SEND_MAIL, { key: mailKey(data), data, dueMs });
}
