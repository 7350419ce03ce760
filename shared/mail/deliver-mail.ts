import { clock } from "../clock.ts";
import { config } from "../config.ts";
import { NotSent, PermanentError } from "../errors.ts";
import { redactError } from "../pipeline/process/redact-error.ts";
import { addressIn, composeMail, messageIdOf } from "./compose.ts";
import { render } from "./content.ts";
import { mailContent } from "./facts.ts";
import { sealToken } from "./link-token.ts";
import type { Mail, MailOf } from "./mail.ts";
import { isMarketing } from "./mail.ts";
import { mailConfig } from "./mail-config.ts";
import type { ReadDocument } from "./recipient.ts";
import { recipientOf } from "./recipient.ts";
import { savedCartToken } from "./saved-cart-link.ts";
import { handToServer } from "./smtp.ts";
import type { MarketingFacts } from "./templates.ts";

/**
 * Writes one mail and hands it to the mail server. No error text contains a name or an address.
 * @throws NotSent, PermanentError or another Error, as handToServer does
 */
export async function deliverMail(
  mail: Mail,
  { id, signal, read }: { id: string; signal: AbortSignal; read: ReadDocument },
): Promise<void> {
  const { smtpUrl, from } = mailConfig();
  const { to, bytes } = await prepareMail(mail, { id, read });
  await handToServer(smtpUrl, { envelope: { from: addressIn(from), to }, bytes }, signal);
}

async function prepareMail(
  mail: Mail,
  { id, read }: { id: string; read: ReadDocument },
): Promise<{ to: string; bytes: Buffer }> {
  const { from } = mailConfig();
  const personal: string[] = [];
  try {
    // The recipient is read again: the decision was made in a transaction that cannot include the mail server.
    const recipient = await recipientOf(mail, read);
    if (recipient.kind !== "found")
      throw new NotSent("recipient of the mail is unknown: the address was removed after the decision");
    const { email, name } = recipient;
    personal.push(email, ...(name === undefined ? [] : [name]));
    const marketing = isMarketing(mail) ? marketingFacts(mail) : undefined;
    const content = render(await mailContent(mail, { name, marketing }, read));
    const bytes = await composeMail({
      from,
      to: { name: "", address: email },
      content,
      unsubscribeUrl: marketing?.unsubscribeUrl,
      messageId: messageIdOf(id, from),
      atMs: clock.now(),
    });
    return { to: email, bytes };
  } catch (thrown) {
    const error = redactError(thrown, personal);
    if (error instanceof NotSent || error instanceof PermanentError) throw error;
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new NotSent(`mail could not be written: ${problem}`, { cause: error });
  }
}

/** Returns the links and the address that every marketing mail carries. */
function marketingFacts({ user_id, cart }: MailOf<"cart-reminder">): MarketingFacts {
  const { publicUrl, unsubscribeSecret: secret } = mailConfig();
  const link = cart && { cart_id: cart.cart_id, user_id, step: cart.step };
  return {
    unsubscribeUrl: `${publicUrl}/unsubscribe/${sealToken("unsubscribe", user_id, secret)}`,
    cartUrl: link && `${publicUrl}/saved-cart/${savedCartToken(link, { nowMs: clock.now(), secret })}`,
    postalAddress: config().mailPostalAddress ?? "",
  };
}
