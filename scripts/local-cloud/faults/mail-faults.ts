/** Source of the faults of the mail server. */
export interface MailFaults {
  /** Returns true when the next connection is refused. */
  refusesConnection(): boolean;
  /** Returns the fault of the next mail; empty when the mail goes well. */
  ofMail(): MailFault;
}

export interface MailFault {
  /** SMTP reply code that refuses the mail, at its recipient or after its content. */
  refusal?: { at: "RCPT TO" | "DATA"; code: number };
  /** True: the server accepts the mail, and cuts the connection before its reply. */
  cut?: boolean;
  /** Real milliseconds before the server's last reply. */
  waitMs?: number;
}
