import { clock } from "../clock.ts";
import { NotSent, PermanentError } from "../errors.ts";
import { redactError } from "../pipeline/process/redact-error.ts";
import { addressIn, composed, messageIdOf } from "./compose.ts";
import { render } from "./content.ts";
import { written } from "./facts.ts";
import type { Mail } from "./mail.ts";
import { isMarketing } from "./mail.ts";
import { mailConfig } from "./mail-config.ts";
import type { Read } from "./recipient.ts";
import { recipientOf } from "./recipient.ts";
import { handToServer } from "./smtp.ts";
import { unsubscribeToken } from "./unsubscribe-token.ts";

/**
 * Writes one mail and hands it to the mail server. No error of it repeats a name or an address.
 * @throws NotSent, PermanentError or any other Error, as handToServer does
 */
export async function sendMail(
  mail: Mail,
  { id, signal, read }: { id: string; signal: AbortSignal; read: Read },
): Promise<void> {
  const { smtpUrl, from } = mailConfig();
  const { to, bytes } = await prepared(mail, { id, read });
  await handToServer(smtpUrl, { envelope: { from: addressIn(from), to }, bytes }, signal);
}

async function prepared(
  mail: Mail,
  { id, read }: { id: string; read: Read },
): Promise<{ to: string; bytes: Buffer }> {
  const { from, publicUrl, unsubscribeSecret } = mailConfig();
  const personal: string[] = [];
  try {
    // Read once more: it was decided in a transaction that could not wait for a mail server.
    const found = await recipientOf(mail, read);
    if (found.kind !== "found") throw new NotSent("its recipient went away since it was decided");
    const { email, name } = found;
    personal.push(email, ...(name === undefined ? [] : [name]));
    const unsubscribeUrl = isMarketing(mail)
      ? `${publicUrl}/unsubscribe/${unsubscribeToken(mail.user_id, unsubscribeSecret)}`
      : undefined;
    const link = unsubscribeUrl === undefined ? {} : { unsubscribeUrl };
    const content = render(await written(mail, { ...(name !== undefined && { name }), ...link }, read));
    const letter = { from, to: { name: "", address: email }, content, ...link };
    return {
      to: email,
      bytes: await composed({ ...letter, messageId: messageIdOf(id, from), atMs: clock.now() }),
    };
  } catch (thrown) {
    const error = redactError(thrown, personal);
    if (error instanceof NotSent || error instanceof PermanentError) throw error;
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new NotSent(`it could not be written: ${what}`, { cause: error });
  }
}
