// Stands for `shared/mail/smtp.ts` while a day is filled: every mail is taken.
export async function handToServer(): Promise<void> {}
