import * as v from "valibot";
import { consents } from "../collections.ts";
import { oneLine, text, yesOrNo } from "../events/define.ts";
import type { Work } from "../pipeline/work.ts";
import type { Consent } from "../rules/customer/consent.ts";
import { countedConsent } from "../rules/customer/consent.ts";

/** Fields of a command's body that state a consent or a withdrawal. */
export const statement = {
  marketing_consent: v.exactOptional(yesOrNo),
  /** The place where the person made the statement. Absent: the command itself. */
  consent_source: v.exactOptional(oneLine(200)),
  /** The text that the person agreed to. */
  consent_wording: v.exactOptional(text(2000)),
};

/** A statement in a body. Without `marketing_consent` the body states nothing. */
export interface Stated {
  marketing_consent?: boolean;
  consent_source?: string;
  consent_wording?: string;
}

/** Refuses the proof of a statement without the statement. */
export function isWholeStatement({ marketing_consent, consent_source, consent_wording }: Stated): boolean {
  return marketing_consent !== undefined || (consent_source ?? consent_wording) === undefined;
}

export const WHOLE_STATEMENT_WORDS = "marketing_consent together with consent_source and consent_wording";

/** The owner of accounts announces every statement, also one that the unsubscribe link received. */
const ACCOUNTS = "accounts";

/**
 * Applies a statement at once, so that the next mail respects it, and announces the statement. The reaction `consent`
 * keeps it as proof.
 * @param context.stored the statement that counted so far, read in this unit of work
 * @returns the consent that counts now
 */
export function stateConsent(
  userId: string,
  { marketing_consent, consent_source, consent_wording }: Stated,
  { work, stored, by }: { work: Work; stored: Consent | undefined; by: string },
): boolean {
  if (marketing_consent === undefined) return stored?.marketing_consent ?? false;
  const counted = countedConsent(stored, { user_id: userId, marketing_consent, at_ms: work.nowMs });
  work.set(consents, userId, counted);
  const payload = { marketing_consent, source: consent_source ?? by, wording: consent_wording };
  work.emit({ event_type: "user.consent_changed", user_id: userId, payload }, ACCOUNTS);
  return counted.marketing_consent;
}
