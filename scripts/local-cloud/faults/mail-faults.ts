/** What is to go wrong with mails. */
export interface MailFaults {
  /** Whether the next connection is refused. */
  refusesConnection(): boolean;
  /** What is to go wrong with the next mail; nothing when it is empty. */
  ofMail(): MailFault;
}

export interface MailFault {
  /** It is not taken: at its recipient, or when all of it is there. */
  refusal?: { at: "RCPT TO" | "DATA"; code: number };
  /** It is taken, and the connection is cut before anybody is told. */
  cut?: boolean;
  /** Real milliseconds until its last answer. */
  waitMs?: number;
}
