/**
 * Consent to marketing mails: which statement of a person counts. Statements arrive in any order and any number of
 * times, and give the same result.
 */

/** The document `consents/{user_id}`: the statement that counts. */
export interface Consent {
  user_id: string;
  marketing_consent: boolean;
  /** Time of the statement: min(timestamp, received_at), in milliseconds. */
  at_ms: number;
}

/** The document `consent_statements/{id}`: one statement of the person, kept as proof (GDPR, article 7(1)). */
export interface ConsentStatement extends Consent {
  /** The place where the person made the statement: a form, a call, the link in a mail. */
  source: string;
  /** The text that the person agreed to. Absent: the report names none. */
  wording?: string;
  /** Producer and id of the event that reported the statement. */
  producer: string;
  event_id: string;
  received_at_ms: number;
}

/** Returns the statement that counts: the later one. The withdrawal of two statements at one time counts. */
export function countedConsent(stored: Consent | undefined, stated: Consent): Consent {
  if (!stored || stated.at_ms > stored.at_ms) return stated;
  return stated.at_ms === stored.at_ms && !stated.marketing_consent ? stated : stored;
}
