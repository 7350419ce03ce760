import { isVisible, withoutHidden } from "../values/visible-text.ts";

// Texts of other people in a mail of the shop: names, product names, reasons, ids. Mail programs turn addresses in
// plain text into links. A text with a link would send the reader to a foreign page under the shop's name.

/** Shown instead of a word with a link. */
export const LINK_REMOVED = "[link removed]";

/** Max characters of a name in a greeting; a longer text is not a name. */
const MAX_NAME_CHARACTERS = 60;

/** Joins a text into one line without control and hidden characters: they could end the line or hide text. */
export function oneLine(text: string): string {
  return withoutHidden(text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " "))
    .replace(/ {2,}/g, " ")
    .trim();
}

/**
 * Links as mail programs see them: a scheme, www, an e-mail address, a domain. A domain has a dot without a blank around
 * it and two letters behind it. An ideographic full stop beside Latin letters is a dot of a domain (UTS #46). Between
 * two ideographs the full stop ends a sentence.
 */
const LINK =
  /:\/\/|www\.|\S@\S+\.\S|[^\s.]\.\p{L}[\p{L}\p{M}]|[a-z0-9-][\u3002\uFF61]\p{L}|\S[\u3002\uFF61][a-z]{2}/iu;

/** Characters that a mail program may skip inside an address: joiners and variation selectors. */
const SKIPPED = /[\p{Cf}\p{Variation_Selector}]+/gu;

/** Tells whether mail programs may turn a part of the text into a link. */
function hasLink(text: string): boolean {
  // Compatibility forms first: a full-width dot or letter counts as its common form in a domain.
  return LINK.test(text.normalize("NFKC").replace(SKIPPED, ""));
}

/** Returns an outside text in one line. Each word with a link is replaced. */
export function outsideText(text: string): string {
  return oneLine(text)
    .split(" ")
    .map(word => (hasLink(word) ? LINK_REMOVED : word))
    .join(" ");
}

/** Returns an id in a form that no mail program turns into a link: blanks part its domain. Most ids stay unchanged. */
export function outsideId(id: string): string {
  const shown = oneLine(id);
  return hasLink(shown) ? oneLine(shown.replace(/[^\p{L}\p{M}\p{N}_-]/gu, " $& ")) : shown;
}

/** Returns an outside text in one line; undefined for a text that is empty or holds a link. */
export function linklessText(text = ""): string | undefined {
  const shown = oneLine(text);
  return isVisible(shown) && !hasLink(shown) ? shown : undefined;
}

/** Returns a name for a greeting; undefined for a text that is empty, too long or holds a link. */
export function outsideName(name: string | undefined): string | undefined {
  const shown = linklessText(name);
  return shown !== undefined && shown.length <= MAX_NAME_CHARACTERS ? shown : undefined;
}
