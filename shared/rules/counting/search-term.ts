import { ERASED_TEXT } from "../../events/erase.ts";

/** Longer ones are cut: what nobody else will ever type needs no more room in a list of what many type. */
const MAX_CHARACTERS = 80;

/**
 * A search as it is counted: "  Wireless\tHEADPHONES " and "wireless headphones" are one term. Undefined where nothing
 * is left to count, or what was searched for was erased.
 */
export function searchTerm(query: string): string | undefined {
  if (query === ERASED_TEXT) return undefined;
  // Invisible characters, such as soft hyphens, part no words.
  const visible = query.normalize("NFKC").replace(/\p{Cf}+/gu, "");
  const words = visible
    .toLowerCase()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  // By characters: half of one would be no text, and Firestore refuses it. What is cut may end in a blank.
  const term = [...words].slice(0, MAX_CHARACTERS).join("").trim();
  return term === "" ? undefined : term;
}
