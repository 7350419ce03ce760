import { invalidArgument } from "../rpc-error.ts";

/** Tells whether a message with these attributes passes. */
export type Filter = (attributes: Readonly<Record<string, string>>) => boolean;

/** Max size of a filter. https://cloud.google.com/pubsub/docs/subscription-message-filter */
const MAX_FILTER_BYTES = 256;

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z0-9_][A-Za-z0-9_-]*)|(!=|[=:.,()-]))/y;

interface Token {
  kind: "text" | "word" | "sign" | "end";
  value: string;
  at: number;
}

/**
 * Parses a subscription's filter. An empty filter lets every message pass.
 *
 * Conditions: `attributes:k`, `attributes.k = "v"`, `attributes.k != "v"`, `hasPrefix(attributes.k, "v")`. The
 * operator `!=` is true for a missing key. NOT or `-`, AND and OR combine conditions. AND beside OR needs
 * parentheses.
 * @throws RpcError INVALID_ARGUMENT with the position of the fault
 */
export function parseFilter(source: string): Filter {
  if (source === "") return () => true;
  const bytes = Buffer.byteLength(source);
  if (bytes > MAX_FILTER_BYTES)
    throw invalidArgument(`Invalid filter: expected at most ${MAX_FILTER_BYTES} bytes, got ${bytes}.`);
  const reader = createReader(source);
  const filter = readCondition(reader);
  if (reader.peek().kind !== "end") reader.fail("AND, OR or the end");
  return filter;
}

interface TokenReader {
  peek(): Token;
  next(): Token;
  /** Consumes the next token if it is this word or sign. */
  accept(value: string): boolean;
  expect(value: string): void;
  fail(expected: string): never;
}

function createReader(source: string): TokenReader {
  const tokens = tokenize(source);
  let place = 0;
  const peek = () => tokens[place] ?? { kind: "end", value: "", at: source.length };
  const accept = (value: string) => {
    const token = peek();
    const fits = token.value === value && (token.kind === "word" || token.kind === "sign");
    if (fits) place += 1;
    return fits;
  };
  const fail = (expected: string): never => refuse(source, peek().at, expected);
  return {
    peek,
    accept,
    fail,
    next() {
      const token = peek();
      place += 1;
      return token;
    },
    expect(value) {
      if (!accept(value)) fail(value);
    },
  };
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== "") {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (!found)
      return refuse(source, start + leadingSpace(source.slice(start)), "a string, a word or an operator");
    const [whole, text, word, sign = ""] = found;
    const at = start + leadingSpace(whole);
    if (text !== undefined) tokens.push({ kind: "text", value: unquote(text), at });
    else if (word !== undefined) tokens.push({ kind: "word", value: word, at });
    else tokens.push({ kind: "sign", value: sign, at });
  }
  return tokens;
}

function leadingSpace(text: string): number {
  return text.length - text.trimStart().length;
}

function refuse(source: string, at: number, expected: string): never {
  throw invalidArgument(`Invalid filter: expected ${expected} at character ${at + 1} of: ${source}`);
}

function readCondition(reader: TokenReader): Filter {
  const terms = [readTerm(reader)];
  const operator = (["AND", "OR"] as const).find(reader.accept);
  if (!operator) return terms[0] ?? reader.fail("a condition");
  do terms.push(readTerm(reader));
  while (reader.accept(operator));
  const other = operator === "AND" ? "OR" : "AND";
  if (reader.peek().value === other)
    reader.fail(`parentheses, because AND and OR are mixed, before ${other}`);
  return operator === "AND"
    ? attributes => terms.every(term => term(attributes))
    : attributes => terms.some(term => term(attributes));
}

function readTerm(reader: TokenReader): Filter {
  if (reader.accept("NOT") || reader.accept("-")) {
    const term = readTerm(reader);
    return attributes => !term(attributes);
  }
  if (reader.accept("(")) {
    const inner = readCondition(reader);
    reader.expect(")");
    return inner;
  }
  return reader.accept("hasPrefix") ? readHasPrefix(reader) : readComparison(reader);
}

function readHasPrefix(reader: TokenReader): Filter {
  reader.expect("(");
  reader.expect("attributes");
  reader.expect(".");
  const key = readKey(reader);
  reader.expect(",");
  const prefix = readText(reader);
  reader.expect(")");
  return attributes => attributeOf(attributes, key)?.startsWith(prefix) ?? false;
}

function readComparison(reader: TokenReader): Filter {
  reader.expect("attributes");
  if (reader.accept(":")) {
    const key = readKey(reader);
    return attributes => attributeOf(attributes, key) !== undefined;
  }
  reader.expect(".");
  const key = readKey(reader);
  const operator = (["=", "!="] as const).find(reader.accept) ?? reader.fail("= or !=");
  const text = readText(reader);
  return attributes => (attributeOf(attributes, key) === text) === (operator === "=");
}

function readKey(reader: TokenReader): string {
  const { kind } = reader.peek();
  return kind === "word" || kind === "text" ? reader.next().value : reader.fail("an attribute's key");
}

function readText(reader: TokenReader): string {
  return reader.peek().kind === "text" ? reader.next().value : reader.fail("a string in double quotes");
}

/** Returns an attribute. Publishers choose the keys, so `constructor` must not be found on Object's prototype. */
function attributeOf(attributes: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
};

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(
      /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs,
      (_, unicode, hex, octal, other) => {
        if (unicode ?? hex) return String.fromCharCode(Number.parseInt(unicode ?? hex, 16));
        if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
        return ESCAPES[other] ?? other;
      },
    );
}
