/** The rules for marketing mails: consent, a limit per day, and no reminder of the same products within a week. */
import { DAY_MS, WEEK_MS } from "../../values/durations.ts";
import { hashOf } from "../../values/ids.ts";

/** Max marketing mails for one user in any 24 hours. More would be a nuisance. */
export const MOST_A_DAY = 2;

/** Min time between two reminders of the same products. Two carts of one user often hold the same products. */
export const REMINDED_FOR_MS = WEEK_MS;

export interface Permission {
  /** The statement of the user that counts. Absent: no statement is known. */
  consent?: { marketing_consent: boolean };
  /** True when the user has an account here. */
  isAccount: boolean;
  /** True when a ban was decided here or reported by another system. */
  isBlocked: boolean;
  /**
   * True when another system asked for the mail. Without an account and a statement here, that system is responsible
   * for consent.
   */
  askedElsewhere: boolean;
}

/**
 * Decides whether a user may get a marketing mail.
 * @returns the reason against the mail; undefined when the mail may go
 */
export function whyNoMarketing({
  consent,
  isAccount,
  isBlocked,
  askedElsewhere,
}: Permission): string | undefined {
  if (isBlocked) return "the account is blocked";
  if (consent) return consent.marketing_consent ? undefined : "no consent: the user refuses marketing mails";
  return askedElsewhere && !isAccount ? undefined : "no consent: the user has stated none";
}

/** A marketing mail that was sent or may have been sent. */
export interface MarketingMail {
  /** Business key of the mail. */
  mail: string;
  /** Time of the latest attempt. */
  at_ms: number;
  /** Products and step of a reminder, hashed. Absent: the mail names no products. */
  about?: string;
}

/** Returns the identity of a reminder for one user: its step and the set of its products. */
export function aboutOf(step: number, productIds: readonly string[]): string {
  return hashOf(step, ...[...new Set(productIds)].sort());
}

/**
 * Counts a marketing mail among those of the last week. The limits count elapsed time, so no change of the time zone
 * empties them. A mail that is decided again counts once, at its latest attempt.
 * @returns the mails to keep, or the reason against the mail
 */
export function countMarketing(
  before: readonly MarketingMail[],
  counted: MarketingMail,
): { mails: MarketingMail[] } | { refused: string } {
  const nowMs = counted.at_ms;
  const others = before.filter(({ mail, at_ms }) => mail !== counted.mail && nowMs - at_ms < REMINDED_FOR_MS);
  if (counted.about !== undefined && others.some(({ about }) => about === counted.about))
    return { refused: "a reminder of the same products was sent in the last 7 days" };
  if (others.filter(({ at_ms }) => nowMs - at_ms < DAY_MS).length >= MOST_A_DAY)
    return { refused: `${MOST_A_DAY} marketing mails were sent in the last 24 hours` };
  return { mails: [...others, counted] };
}
