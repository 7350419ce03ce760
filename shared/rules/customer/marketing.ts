/** The rules for marketing mails: consent, and a limit per day. */

/** Max marketing mails for one user in a day. More would be a nuisance. */
export const MOST_A_DAY = 2;

export interface Consent {
  /** Absent: the user has no account here. */
  account?: {
    marketing_consent?: boolean;
    marketing_consent_at_ms?: number;
    signed_up_at_ms?: number;
    banned?: object;
  };
  /** True when another system reported a ban. The user may have no account here. */
  isBlocked?: boolean;
  /** Time of the latest unsubscription by the link in a mail. */
  unsubscribedAtMs?: number;
  /** True when another system asked for the mail. Without an account here, that system is responsible for consent. */
  askedElsewhere: boolean;
}

/**
 * Decides whether a user may get a marketing mail.
 * @returns the reason against the mail; undefined when the mail may go
 */
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
 * Counts a mail on a day. A mail that is already counted on that day counts once, however often it is decided.
 * @returns the day with its mails; undefined when the day already has MOST_A_DAY other mails
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
