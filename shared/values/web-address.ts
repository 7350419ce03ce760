/** The expectation of a web address in an error. */
export const WEB_ADDRESS_WORDS =
  "an http or https address of at most 2000 characters, without a user name and a password";

/** Max characters of a web address, as many as a browser's address bar and our events take. */
const MAX_CHARACTERS = 2000;

/**
 * Reads a text as an http or https address. User names and passwords are refused: an address such as
 * `https://carrier.example@other.example` misleads its reader.
 * @returns the address in its canonical form; undefined for any other text
 */
export function webAddress(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined;
  const isPlain = url.username === "" && url.password === "" && url.href.length <= MAX_CHARACTERS;
  return isPlain ? url.href : undefined;
}
