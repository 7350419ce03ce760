/** @throws Error for what is no whole number of up to seven digits */
export function wholeNumber(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new Error(`"${text}" is no whole number.`);
}
