import { Readable } from "node:stream";
import type { NodemailerError } from "nodemailer/lib/errors";
import { parseConnectionUrl } from "nodemailer/lib/shared";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { NotSent, PermanentError } from "../errors.ts";

/** Sender and recipient of one message, as SMTP transmits them. */
export interface Envelope {
  from: string;
  to: string;
}

/** Timeout of connection and greeting. A reachable server answers within two seconds; a longer wait holds the lease. */
const CONNECT_MS = 10_000;
/**
 * Timeout of each answer. RFC 5321 allows ten minutes after the message, which exceeds the lease. After this timeout it
 * is unknown whether the server has the mail.
 */
const SILENCE_MS = 30_000;

/**
 * Hands a message to a mail server. No error repeats the server's texts, because they quote addresses.
 * @throws NotSent when the server certainly does not have the message and may accept a retry
 * @throws PermanentError when the server refuses the message permanently
 * @throws Error when the result is unknown
 */
export async function handToServer(
  smtpUrl: string,
  mail: { envelope: Envelope; bytes: Buffer },
  signal: AbortSignal,
): Promise<void> {
  // Only an accepted DATA makes the connection read the message: from then on the server may have it.
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
      signal.addEventListener("abort", () => reject(new Error("the mail server timed out")), { once: true });
      // The connection writes its own state into the envelope, so it gets a copy.
      const send = (): void =>
        connection.send({ ...mail.envelope }, message, error => (error ? reject(error) : resolve()));
      connection.connect(error => {
        if (error) reject(error);
        else if (auth) connection.login(auth, failed => (failed ? reject(failed) : send()));
        else send();
      });
    });
  } catch (error) {
    throw asDeliveryError(error as NodemailerError, handed.over);
  } finally {
    connection.close();
  }
}

/** Commands whose refusal concerns this mail. An earlier refusal (greeting, login) concerns all mails. */
const MAIL_COMMANDS = ["MAIL FROM", "RCPT TO", "DATA", "API"];

function asDeliveryError(error: NodemailerError, isHandedOver: boolean): Error {
  const codes = codesOf(error);
  const { responseCode: reply = 0, command = "", code } = error;
  const isRefused = reply >= 400 && reply < 600;
  if (isHandedOver && !isRefused)
    return new Error(`delivery of the mail is unknown, the connection failed after the message: ${codes}`);
  // 503 means a bad sequence of commands: the session failed, not the mail.
  const isPermanent = reply >= 500 && reply !== 503 && MAIL_COMMANDS.includes(command);
  const isUnaddressable = reply === 0 && (code === "EENVELOPE" || code === "EMESSAGE");
  if (isPermanent || isUnaddressable)
    return new PermanentError(`mail was refused permanently by the mail server: ${codes}`);
  return new NotSent(`mail was not accepted by the mail server: ${codes}`);
}

/** Returns the codes of an error without its texts, which quote addresses. */
function codesOf({ code, originalCode, command, response, responseCode }: NodemailerError): string {
  const [, enhanced] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(response ?? "") ?? [];
  const parts = [responseCode, enhanced, originalCode ?? code, command && `at ${command}`];
  return parts.filter(Boolean).join(" ") || "the connection ended";
}
