// Format characters (Unicode category Cf) are of two kinds. Joiners, and the tags of a flag, are part of the spelling
// (Unicode 16.0, section 23.2; UTS #51). All others hide text or change its direction. Variation selectors and signs
// of Arabic numbers belong to other categories or are visible, so they stay.

/** A flag of a region, such as Scotland's: a black flag, three to six tags, an end tag. */
const FLAG = "\\u{1F3F4}[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{3,6}\\u{E007F}";
/** Soft hyphen, zero width space, direction marks and controls, invisible operators, byte order mark, annotations. */
const HIDDEN =
  "[\\u00AD\\u061C\\u200B\\u200E\\u200F\\u202A-\\u202E\\u2060-\\u206F\\uFEFF\\uFFF9-\\uFFFB\\u{1D173}-\\u{1D17A}\\u{E0001}\\u{E0020}-\\u{E007F}]";

const FLAG_OR_HIDDEN = new RegExp(`${FLAG}|${HIDDEN}`, "gu");
const IS_FLAG = new RegExp(`^${FLAG}$`, "u");

/** Removes the characters that hide text or change its direction. Joiners and flags stay as they are spelt. */
export function withoutHidden(text: string): string {
  return text.replace(FLAG_OR_HIDDEN, found => (IS_FLAG.test(found) ? found : ""));
}

/** Tells whether a text shows anything: blanks, joiners and variation selectors alone show nothing. */
export function isVisible(text: string): boolean {
  return /[^\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Variation_Selector}]/u.test(text);
}
