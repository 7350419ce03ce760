import { isErased, PERSON_ERASED } from "../../shared/accounts/erased.ts";
import { consentStatements, consents } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { ConsentStatement } from "../../shared/rules/customer/consent.ts";
import { countedConsent } from "../../shared/rules/customer/consent.ts";
import { hashOf } from "../../shared/values/ids.ts";

/** Keeps every statement about marketing mails as proof, and the statement that counts. */
export const consent = reaction("consent", {
  "user.signed_up": async (event, work) => {
    const { marketing_consent } = event.payload;
    if (marketing_consent === undefined) return skip("the sign-up states no consent");
    return keep(event, { marketing_consent, source: event.event_type }, work);
  },
  "user.consent_changed": (event, work) => keep(event, event.payload, work),
});

async function keep(
  event: PulseCartEvent<"user.signed_up" | "user.consent_changed">,
  stated: Pick<ConsentStatement, "marketing_consent" | "source" | "wording">,
  work: Work,
): Promise<Skip | void> {
  const { user_id, producer, event_id, received_at } = event;
  if (await isErased(user_id, work)) return PERSON_ERASED;
  const stored = await work.get(consents, user_id);
  const { marketing_consent, source, wording } = stated;
  const counted = { user_id, marketing_consent, at_ms: happenedAt(event) };
  const origin = { producer, event_id, received_at_ms: Date.parse(received_at) };
  // The id is derived from the event, so a replay writes the same statement again.
  work.set(consentStatements, hashOf(producer, event_id), { ...counted, source, wording, ...origin });
  work.set(consents, user_id, countedConsent(stored, counted));
}
