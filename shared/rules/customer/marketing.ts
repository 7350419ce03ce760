/** The rules for marketing mails: consent, and a limit per day. */

/** Max marketing mails for one user in a day. More would be a nuisance. */
export const MOST_A_DAY = 2;

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
