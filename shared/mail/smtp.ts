import { Readable } from "node:stream";
import type { NodemailerError } from "nodemailer/lib/errors";
import { parseConnectionUrl } from "nodemailer/lib/shared";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { NotSent, PermanentError } from "../errors.ts";

/** One message on its way to one address. */
export interface Envelope {
  from: string;
  to: string;
}

/** A server that is there answers within a second or two; whoever waits longer holds a lease. */
const CONNECT_MS = 10_000;
/** RFC 5321 grants ten minutes after the message; a lease is shorter, and then nobody knows. */
const SILENCE_MS = 30_000;

/**
 * Hands a message to a mail server. What the server says is never repeated: it quotes addresses.
 * @throws NotSent when the server certainly does not have it and may take it later, PermanentError when it refuses it for
 * good, any other Error when nobody knows
 */
export async function handToServer(
  smtpUrl: string,
  mail: { envelope: Envelope; bytes: Buffer },
  signal: AbortSignal,
): Promise<void> {
  // Nothing but an accepted DATA makes the connection read: from then on the server may have it.
  const handed = { over: false };
  const message = new Readable({
    read() {
      handed.over = true;
      this.push(mail.bytes);
      this.push(null);
    },
  });
  const { auth, ...options } = parseConnectionUrl(smtpUrl);
  const connection = new SMTPConnection({
    ...options,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    socketCloseTimeout: 0,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      connection.on("error", reject);
      connection.on("end", () => reject(new Error("the connection ended")));
      signal.addEventListener("abort", () => reject(new Error("it took too long")), { once: true });
      // A copy: the connection keeps its books in it.
      const send = (): void =>
        connection.send({ ...mail.envelope }, message, error => (error ? reject(error) : resolve()));
      connection.connect(error => {
        if (error) reject(error);
        else if (auth) connection.login(auth, failed => (failed ? reject(failed) : send()));
        else send();
      });
    });
  } catch (error) {
    throw asOutcome(error as NodemailerError, handed.over);
  } finally {
    connection.close();
  }
}

/** The commands whose refusal is about this mail; what is refused before (a login, a greeting) is about all mails. */
const ABOUT_THE_MAIL = ["MAIL FROM", "RCPT TO", "DATA", "API"];

function asOutcome(error: NodemailerError, isHandedOver: boolean): Error {
  const what = describe(error);
  const { responseCode: reply = 0, command = "", code } = error;
  const isRefused = reply >= 400 && reply < 600;
  if (isHandedOver && !isRefused) return new Error(`the mail server has the mail or has not: ${what}`);
  // 503 says that the session went wrong, not the mail.
  const isForGood = reply >= 500 && reply !== 503 && ABOUT_THE_MAIL.includes(command);
  const isUnaddressable = reply === 0 && (code === "EENVELOPE" || code === "EMESSAGE");
  if (isForGood || isUnaddressable)
    return new PermanentError(`the mail server refuses the mail for good: ${what}`);
  return new NotSent(`the mail server did not take the mail: ${what}`);
}

/** Codes and nothing else: texts quote addresses. */
function describe({ code, originalCode, command, response, responseCode }: NodemailerError): string {
  const [, enhanced] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(response ?? "") ?? [];
  const parts = [responseCode, enhanced, originalCode ?? code, command && `at ${command}`];
  return parts.filter(Boolean).join(" ") || "the connection ended";
}
