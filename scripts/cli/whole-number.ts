/**
 * Reads a whole number of at most seven digits.
 * @throws Error for any other text
 */
export function wholeNumber(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new Error(`Number invalid: expected a whole number of at most 7 digits, got "${text}".`);
}
