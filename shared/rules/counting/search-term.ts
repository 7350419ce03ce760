import { ERASED_TEXT } from "../../events/erase.ts";
import { isVisible, withoutHidden } from "../../values/visible-text.ts";

/** Max characters of a term. The list of terms is about searches of many users; a longer text is one user's own. */
const MAX_TERM_CHARACTERS = 80;

/**
 * Normalises a search query for counting: "  Wireless\tHEADPHONES " and "wireless headphones" are one term.
 * @returns undefined when nothing is left to count, or the query was erased
 */
export function searchTerm(query: string): string | undefined {
  if (query === ERASED_TEXT) return undefined;
  // Hidden characters, such as soft hyphens, do not separate words. Joiners are part of the spelling.
  const words = withoutHidden(query.normalize("NFKC"))
    .toLowerCase()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  // Spreading keeps surrogate pairs whole: Firestore refuses half a character. The cut may leave a space at the end.
  // The cut may also leave half a flag.
  const cut = [...words].slice(0, MAX_TERM_CHARACTERS).join("");
  const term = withoutHidden(cut).trim();
  return isVisible(term) ? term : undefined;
}
