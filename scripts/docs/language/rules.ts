import { isExcused } from "./exceptions.ts";
import type { SourcePart } from "./source-parts.ts";

/** Max words of a sentence. */
const MAX_WORDS = 20;
/** Max words of a test's name. */
const MAX_TEST_NAME_WORDS = 12;

const RELATIVE_PRONOUNS = ["what", "who", "whoever", "whom", "whose", "that"];
const QUESTION_WORDS = ["whether", "which", "where", "how"];
const PREPOSITIONS = ["for", "in", "on", "at", "to", "with", "without", "as", "until", "like"];

/** No sentence begins with one of these: its subject is a noun, and its order is subject, verb, object. */
const SENTENCE_OPENERS = new Set([...RELATIVE_PRONOUNS, "of", "from", "by", "it"]);
/** A doc comment begins with a verb or a noun, never with a relative clause or a preposition. */
const DOC_OPENERS = new Set([...SENTENCE_OPENERS, ...QUESTION_WORDS, ...PREPOSITIONS, "because", "so"]);
/** The name of a test begins with a verb, never with one of these. */
const TEST_OPENERS = new Set([
  ...SENTENCE_OPENERS,
  ...QUESTION_WORDS,
  "a",
  "an",
  "the",
  "for",
  "in",
  "on",
  "at",
  "its",
]);

/** Pronouns without a noun. */
const PRONOUNS = new Set(["nobody", "somebody", "whoever", "whomever", "anybody", "everybody"]);
/** Terms that the glossary replaces. */
const GONE = new Set([
  "perform",
  "performs",
  "performed",
  "ending",
  "endings",
  "brake",
  "brakes",
  "poison",
  "poisoned",
  "books",
  "booked",
  "flood",
  "floods",
  "night",
  "nights",
  "hearsay",
  "hear",
  "hears",
  "heard",
  "told",
  "met",
  "taken",
  "standing",
  "settle",
  "settles",
  "settled",
  "passport",
]);
const GONE_PHRASES = ["inner door", "inner doors", "by itself", "the mark", "own mark"];

export interface LanguageFault {
  line: number;
  problem: string;
}

/**
 * Checks one part of a source file against the language rules.
 * @returns every fault with its line; none when the part keeps the rules
 */
export function faultsOfPart(part: SourcePart, file: string): LanguageFault[] {
  const { kind, text, line } = part;
  if (kind === "pattern") return [];
  if (kind === "code") return faultsOfCode(text, { line, file });
  const fault = (problem: string): LanguageFault => ({ line, problem });
  const problems = [...goneIn(text, file), ...(isProse(part) ? sentenceProblems(text) : [])];
  if (kind === "doc comment") problems.push(...openerProblems(text, DOC_OPENERS));
  if (kind === "test name") problems.push(...testNameProblems(text));
  return problems.map(fault);
}

/** Checks a paragraph of a manual. */
export function faultsOfProse(text: string, { line, file }: { line: number; file: string }): LanguageFault[] {
  return [...goneIn(text, file), ...sentenceProblems(text)].map(problem => ({ line, problem }));
}

/** Tells whether a part holds sentences. Texts of a few words are keys, paths and patterns. */
function isProse({ kind, text }: SourcePart): boolean {
  return kind !== "text" || /^[A-Za-z"'`X][^{}<>]*(?:[ \n][^ ]+){4,}$/.test(text);
}

function goneIn(text: string, file: string): string[] {
  const plain = withoutCode(text).toLowerCase();
  const found = (plain.match(/[a-z_/]+/g) ?? []).filter(word => PRONOUNS.has(word) || GONE.has(word));
  const phrases = GONE_PHRASES.filter(phrase => new RegExp(`\\b${phrase}\\b`).test(plain));
  return [...new Set([...found, ...phrases])]
    .filter(word => !isExcused(word, file))
    .map(word =>
      PRONOUNS.has(word) ? `pronoun without a noun: "${word}"` : `term gone for good: "${word}"`,
    );
}

function faultsOfCode(code: string, { line, file }: { line: number; file: string }): LanguageFault[] {
  return code.split("\n").flatMap((text, index) => {
    const names = /^\s*import\b|\bfrom "/.test(text) ? [] : (text.match(/[A-Za-z_]\w*/g) ?? []);
    return names
      .filter(name => wordsOfName(name).some(word => GONE.has(word)) && !isExcused(name, file))
      .map(name => ({ line: line + index, problem: `name with a term gone for good: ${name}` }));
  });
}

function wordsOfName(name: string): string[] {
  return (name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).map(word => word.toLowerCase());
}

function sentenceProblems(text: string): string[] {
  return sentencesOf(text).flatMap(sentence => {
    const count = sentence.split(/\s+/).filter(word => /\w/.test(word)).length;
    const excerpt = `"${sentence.slice(0, 60)}"`;
    return [
      ...(count > MAX_WORDS ? [`sentence of ${count} words, expected at most ${MAX_WORDS}: ${excerpt}`] : []),
      ...(SENTENCE_OPENERS.has(firstWord(sentence))
        ? [`sentence begins with a pronoun or preposition: ${excerpt}`]
        : []),
    ];
  });
}

/** Splits a text into sentences. Tags, lists and blank lines end a sentence as a full stop does; a colon does not. */
function sentencesOf(text: string): string[] {
  return withoutCode(text)
    .split(/(?<=[.!?])["')]*\s+(?=[A-Z"'(`X])|\n\s*\n|\n\s*[-*|] |\n?@\w+/)
    .map(sentence => sentence.trim())
    .filter(sentence => sentence !== "");
}

function openerProblems(text: string, openers: ReadonlySet<string>): string[] {
  const word = firstWord(text);
  return openers.has(word) ? [`doc comment begins with "${word}", expected a verb or a noun`] : [];
}

function testNameProblems(name: string): string[] {
  const count = name.split(/\s+/).length;
  return [
    ...(count > MAX_TEST_NAME_WORDS
      ? [`test name of ${count} words, expected at most ${MAX_TEST_NAME_WORDS}: "${name.slice(0, 60)}"`]
      : []),
    ...(TEST_OPENERS.has(firstWord(name))
      ? [`test name begins with "${firstWord(name)}", expected a verb`]
      : []),
  ];
}

/** Replaces each piece of code and each address by one word, and drops examples. */
function withoutCode(text: string): string {
  return text
    .replace(/@example[\s\S]*?(?=\n@|$)/g, "")
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`\n]*`/g, "X")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/https?:\S+/g, "X");
}

function firstWord(text: string): string {
  return /[A-Za-z']+/.exec(text)?.[0].toLowerCase() ?? "";
}
