/** One piece of a source file. */
export interface SourcePart {
  kind: "code" | "comment" | "doc comment" | "text" | "test name" | "pattern";
  /** Comments without their stars and slashes, texts without their quotes. */
  text: string;
  /** The line of its first character, from 1. */
  line: number;
}

/** A slash after one of these begins a regular expression, not a division. */
const BEFORE_PATTERN = /(?:^|[=(,:[!&|?{};>]|\breturn|\bcase)\s*$/;
const BEFORE_TEST_NAME = /\b(?:test|describe)(?:\.\w+)?(?:\((?:[^()]|\([^()]*\))*\))?\(\s*$/;
/** Characters before a test's name in which its table of cases begins, at most. */
const LOOK_BACK = 4000;

/**
 * Splits a TypeScript file into code, comments and texts.
 * @param source the file's content
 * @returns the parts in their order; neighbouring `//` lines are one comment
 */
export function partsOf(source: string): SourcePart[] {
  const parts: SourcePart[] = [];
  let codeStart = 0;
  let at = 0;
  let line = 1;
  const add = (kind: SourcePart["kind"], from: number, to: number): void => {
    const raw = source.slice(from, to);
    parts.push({ kind, text: kind === "code" ? raw : contentOf(raw), line });
    line += raw.split("\n").length - 1;
  };
  while (at < source.length) {
    const end = endOfProse(source, at);
    if (end === undefined) {
      at += 1;
      continue;
    }
    if (at > codeStart) add("code", codeStart, at);
    add(kindOf(source, at), at, end);
    at = end;
    codeStart = end;
  }
  if (at > codeStart) add("code", codeStart, at);
  return parts;
}

/** Returns where the comment, text or pattern at a position ends; undefined for code. */
function endOfProse(source: string, at: number): number | undefined {
  const first = source[at];
  if (first === '"' || first === "'" || first === "`") return endOfText(source, at, first);
  if (first !== "/") return undefined;
  if (source[at + 1] === "/") return endOfLines(source, at);
  if (source[at + 1] === "*") return source.indexOf("*/", at + 2) + 2;
  return BEFORE_PATTERN.test(source.slice(Math.max(0, at - 40), at)) ? endOfPattern(source, at) : undefined;
}

function endOfLines(source: string, at: number): number {
  const lines = /^\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*/.exec(source.slice(at));
  return at + (lines?.[0].length ?? 2);
}

function endOfText(source: string, at: number, quote: string): number {
  let depth = 0;
  for (let next = at + 1; next < source.length; next += 1) {
    const character = source[next];
    if (character === "\\") next += 1;
    else if (quote === "`" && source.startsWith("${", next)) depth += 1;
    else if (depth > 0 && character === "}") depth -= 1;
    else if (depth === 0 && character === quote) return next + 1;
  }
  return source.length;
}

function endOfPattern(source: string, at: number): number | undefined {
  const pattern = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//.exec(source.slice(at));
  return pattern ? at + pattern[0].length : undefined;
}

function kindOf(source: string, at: number): SourcePart["kind"] {
  if (source.startsWith("/**", at)) return "doc comment";
  if (source.startsWith("/*", at) || source.startsWith("//", at)) return "comment";
  if (source[at] === "/") return "pattern";
  return BEFORE_TEST_NAME.test(source.slice(Math.max(0, at - LOOK_BACK), at)) ? "test name" : "text";
}

function contentOf(raw: string): string {
  if (raw.startsWith("//")) return raw.replace(/^[ \t]*\/\/ ?/gm, "").trim();
  if (!raw.startsWith("/*")) return raw.slice(1, -1).replace(/\$\{[^}]*\}/g, "X");
  return raw
    .replace(/^\/\*+|\*+\/$/g, "")
    .replace(/^[ \t]*\*(?: |$)/gm, "")
    .trim();
}
