import MailComposer from "nodemailer/lib/mail-composer";
import type { Rendered } from "./content.ts";

/** One mail as it travels. */
export interface Letter {
  from: string;
  to: { name: string; address: string };
  messageId: string;
  atMs: number;
  content: Rendered;
  /** Where one click ends mails like this one; only mails that nobody asked for have it. */
  unsubscribeUrl?: string;
}

/** The message that stands for a letter (RFC 5322, MIME), text and HTML. */
export function composed(letter: Letter): Promise<Buffer> {
  const { from, to, messageId, atMs, content, unsubscribeUrl } = letter;
  const composer = new MailComposer({
    from,
    to: [to],
    messageId,
    date: new Date(atMs),
    subject: content.subject,
    text: content.text,
    html: content.html,
    headers: { ...AUTOMATIC, ...(unsubscribeUrl === undefined ? {} : bulk(unsubscribeUrl)) },
    newline: "win",
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** Nobody wrote it, so nobody's holiday notice is to answer it: RFC 3834, and what Exchange looks at. */
const AUTOMATIC = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply" };

/** RFC 8058: the receiver may unsubscribe with one POST. */
function bulk(url: string): Record<string, string> {
  return {
    "List-Unsubscribe": `<${url}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    Precedence: "bulk",
  };
}

/** The address in a sender that may be a name and an address. */
export function addressIn(sender: string): string {
  return /<([^<>]+)>\s*$/.exec(sender)?.[1] ?? sender.trim();
}

/** The same for every try of an effect: whoever gets it twice can tell. An effect's id holds nothing but its letters. */
export function messageIdOf(effectId: string, sender: string): string {
  return `<${effectId.replace("~", ".")}@${addressIn(sender).replace(/^.*@/, "")}>`;
}
