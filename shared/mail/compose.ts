import MailComposer from "nodemailer/lib/mail-composer";
import type { RenderedContent } from "./content.ts";

/** One mail ready to be composed: addresses, id, date and rendered content. */
export interface OutgoingMail {
  from: string;
  to: { name: string; address: string };
  messageId: string;
  atMs: number;
  content: RenderedContent;
  /** Link that unsubscribes with one click. Absent: the mail is not a marketing mail. */
  unsubscribeUrl?: string;
}

/** Composes the message of a mail (RFC 5322, MIME), with a text and an HTML version. */
export function composeMail(mail: OutgoingMail): Promise<Buffer> {
  const { from, to, messageId, atMs, content, unsubscribeUrl } = mail;
  const composer = new MailComposer({
    from,
    to: [to],
    messageId,
    date: new Date(atMs),
    subject: content.subject,
    text: content.text,
    html: content.html,
    headers: { ...AUTOMATIC, ...(unsubscribeUrl === undefined ? {} : bulkHeaders(unsubscribeUrl)) },
    newline: "win",
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** Headers of an automatic mail (RFC 3834): they prevent automatic replies. Exchange reads the second one. */
const AUTOMATIC = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply" };

/** Returns the headers of a bulk mail. The receiver may unsubscribe with one POST (RFC 8058). */
function bulkHeaders(url: string): Record<string, string> {
  return {
    "List-Unsubscribe": `<${url}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    Precedence: "bulk",
  };
}

/** Extracts the address from a sender: an address, or a name and an address. */
export function addressIn(sender: string): string {
  return /<([^<>]+)>\s*$/.exec(sender)?.[1] ?? sender.trim();
}

/**
 * Returns the Message-ID of an effect. The id is the same in every attempt, so a recipient can recognise a repetition.
 * The id of an effect contains only letters that a Message-ID allows.
 */
export function messageIdOf(effectId: string, sender: string): string {
  return `<${effectId.replace("~", ".")}@${addressIn(sender).replace(/^.*@/, "")}>`;
}
