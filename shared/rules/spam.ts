/** What looks like spam in a review. Each rule is a reason that a moderator reads. */

/** One link may be a source; two are an advertisement. */
const MAX_LINKS = 1;
/** So many people do not find the same words. */
export const SAME_TEXT_USERS = 3;
/** Shorter texts are alike by chance: "Great!" is nobody's property. */
const LEAST_SAME_TEXT = 40;
/** A character that often in a row, or a word, is no emphasis any more. */
const MAX_CHARACTER_RUN = 10;
const MAX_WORD_SHARE = 0.5;
const LEAST_WORDS = 8;
/** Capitals in a text that is long enough to be shouting. */
const MAX_CAPITAL_SHARE = 0.7;
const LEAST_LETTERS = 20;

const BLOCKLIST = [
  "casino",
  "viagra",
  "crypto giveaway",
  "free money",
  "click here",
  "work from home",
  "whatsapp me",
];

/** Why a text should be held back; empty: it may be published. `sameTextUsers` counts its author too. */
export function spamReasons(text: string, { sameTextUsers }: { sameTextUsers: number }): string[] {
  const found: [boolean, string][] = [
    [linksIn(text) > MAX_LINKS, "more than one link"],
    [isRepetitive(text), "repetition"],
    [isShouting(text), "shouting"],
    [isBlocked(text), "words on the blocklist"],
    [text.length >= LEAST_SAME_TEXT && sameTextUsers >= SAME_TEXT_USERS, "the same text from several people"],
  ];
  return found.filter(([applies]) => applies).map(([, reason]) => reason);
}

/** What makes two texts the same: neither case nor spaces, punctuation nor accents. */
export function normalisedText(text: string): string {
  const plain = text.normalize("NFKD").toLowerCase().replaceAll(/\p{M}/gu, "");
  return plain.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
}

function linksIn(text: string): number {
  return text.match(/https?:\/\/|\bwww\./gi)?.length ?? 0;
}

function isRepetitive(text: string): boolean {
  if (new RegExp(`(\\S)\\1{${MAX_CHARACTER_RUN - 1},}`, "u").test(text)) return true;
  const words = normalisedText(text).split(" ");
  if (words.length < LEAST_WORDS) return false;
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts.values()].some(count => count > words.length * MAX_WORD_SHARE);
}

function isShouting(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  return letters >= LEAST_LETTERS && capitals > letters * MAX_CAPITAL_SHARE;
}

function isBlocked(text: string): boolean {
  const words = ` ${normalisedText(text)} `;
  return BLOCKLIST.some(blocked => words.includes(` ${blocked} `));
}
