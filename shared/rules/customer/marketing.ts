/** Whether somebody may be sent a mail that nobody asked for. */

/** More than this in one day is a nuisance. */
export const MOST_A_DAY = 2;

export interface Consent {
  /** The account, where there is one. */
  account?: {
    marketing_consent?: boolean;
    marketing_consent_at_ms?: number;
    signed_up_at_ms?: number;
    banned?: object;
  };
  /** Another system reported a ban; whoever it is about may have no account. */
  isBlocked?: boolean;
  /** When a link in a mail was used to unsubscribe. */
  unsubscribedAtMs?: number;
  /** Another system asked for the mail: consent is its matter, where there is no account here. */
  askedElsewhere: boolean;
}

/** Why a person gets no marketing mail; undefined when they may. */
export function whyNoMarketing({
  account,
  isBlocked,
  unsubscribedAtMs,
  askedElsewhere,
}: Consent): string | undefined {
  if (account?.banned || isBlocked) return "the account is blocked";
  if (!account && unsubscribedAtMs === undefined && askedElsewhere) return undefined;
  if (!account) return unsubscribedAtMs === undefined ? "no consent is known" : "unsubscribed";
  if (!account.marketing_consent) return "no consent to marketing mails";
  const consentedAtMs = account.marketing_consent_at_ms ?? account.signed_up_at_ms ?? 0;
  return unsubscribedAtMs !== undefined && unsubscribedAtMs >= consentedAtMs ? "unsubscribed" : undefined;
}

/**
 * The day with this mail in it, or undefined when it already has as many as it may. A mail that was counted on that
 * day is counted once, however often it is decided.
 */
export function countedOn(
  day: string,
  before: { day: string; mails: readonly string[] } | undefined,
  mail: string,
): { day: string; mails: string[] } | undefined {
  const mails = before?.day === day ? before.mails : [];
  if (mails.includes(mail)) return { day, mails: [...mails] };
  return mails.length >= MOST_A_DAY ? undefined : { day, mails: [...mails, mail] };
}
