/** The rule for every text of an event, as a fault states it. */
export const CLEAN_TEXT_WORDS = "well-formed Unicode without the character NUL";

/** Tells whether a text can be stored and sent unchanged: no half of a surrogate pair, no NUL. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
