/** The spam rules for reviews. Each rule gives a reason that a moderator reads. */

/** Max links in a review: more than one link suggests advertising. */
const MAX_LINKS = 1;
/** Users with the same text that make the text spam: three customers do not choose the same words. */
export const SAME_TEXT_USERS = 3;
/** Min characters of a text compared with other texts. Shorter texts are alike by chance: "Great!". */
const MIN_COMPARED_CHARACTERS = 40;
/** Repetitions of one character in a row that count as spam. Fewer may be emphasis. */
const SPAM_CHARACTER_RUN = 10;
/** Max share of one word in a text of at least MIN_WORDS words. */
const MAX_WORD_SHARE = 0.5;
const MIN_WORDS = 8;
/** Max share of capitals in a text of at least MIN_LETTERS letters. */
const MAX_CAPITAL_SHARE = 0.7;
const MIN_LETTERS = 20;

const BLOCKLIST = [
  "casino",
  "viagra",
  "crypto giveaway",
  "free money",
  "click here",
  "work from home",
  "whatsapp me",
];

/**
 * Lists the reasons to hold a text back.
 * @param sameTextUsers number of users with this text, its author included
 * @returns an empty list when the text may be published
 */
export function spamReasons(text: string, { sameTextUsers }: { sameTextUsers: number }): string[] {
  const rules: [boolean, string][] = [
    [linksIn(text) > MAX_LINKS, "more than one link"],
    [isRepetitive(text), "repetition"],
    [isShouting(text), "shouting"],
    [isBlocked(text), "words on the blocklist"],
    [
      text.length >= MIN_COMPARED_CHARACTERS && sameTextUsers >= SAME_TEXT_USERS,
      "the same text from several people",
    ],
  ];
  return rules.filter(([applies]) => applies).map(([, reason]) => reason);
}

/** Normalises a text for comparison: case, spaces, punctuation and accents play no part. */
export function normalisedText(text: string): string {
  const plain = text.normalize("NFKD").toLowerCase().replaceAll(/\p{M}/gu, "");
  return plain.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
}

function linksIn(text: string): number {
  return text.match(/https?:\/\/|\bwww\./gi)?.length ?? 0;
}

function isRepetitive(text: string): boolean {
  if (new RegExp(`(\\S)\\1{${SPAM_CHARACTER_RUN - 1},}`, "u").test(text)) return true;
  const words = normalisedText(text).split(" ");
  if (words.length < MIN_WORDS) return false;
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts.values()].some(count => count > words.length * MAX_WORD_SHARE);
}

function isShouting(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  return letters >= MIN_LETTERS && capitals > letters * MAX_CAPITAL_SHARE;
}

function isBlocked(text: string): boolean {
  const words = ` ${normalisedText(text)} `;
  return BLOCKLIST.some(blocked => words.includes(` ${blocked} `));
}
