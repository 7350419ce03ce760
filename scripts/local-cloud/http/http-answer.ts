/** An answer as far as a caller needs it. */
export interface HttpAnswer {
  status: number;
  /** The beginning of the answer's body: enough to show what went wrong. */
  excerpt: string;
}

export interface WholeAnswer {
  answer: HttpAnswer;
  /** The connection is good for another call. */
  isReusable: boolean;
}

/**
 * Takes what a connection brings, in pieces of any size, and its end as undefined; returns the answer once it is
 * whole. Throws when this is no HTTP/1.1, and when the connection ended too early.
 */
export type AnswerReader = (piece: Buffer | undefined) => WholeAnswer | undefined;

export const EXCERPT_BYTES = 1000;
/** Far more than any receiver sends. */
const MAX_HEAD_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

/** For the answer to a call of this method: RFC 9112, as far as an answer to a client needs it. */
export function createAnswerReader(method: string): AnswerReader {
  const input: Input = { unread: NOTHING, hasEnded: false };
  const reading = readAnswer(input, method);
  return piece => {
    if (piece === undefined) input.hasEnded = true;
    else input.unread = input.unread.length === 0 ? piece : Buffer.concat([input.unread, piece]);
    const { done, value } = reading.next();
    return done ? value : undefined;
  };
}

interface Input {
  unread: Buffer;
  hasEnded: boolean;
}

/** Yields whenever it needs more than there is. */
type Reading<Result> = Generator<undefined, Result>;

function* readAnswer(input: Input, method: string): Reading<WholeAnswer> {
  const head = yield* readHead(input);
  const body = createExcerpt();
  const ending = method === "HEAD" ? 0 : endingOf(head);
  if (ending === "chunks") yield* readChunks(input, body);
  else yield* readBytes(input, ending === "close" ? Number.POSITIVE_INFINITY : ending, body);
  const isReusable = head.isPersistent && ending !== "close" && input.unread.length === 0 && !input.hasEnded;
  return { answer: { status: head.status, excerpt: body.text() }, isReusable };
}

interface Head {
  status: number;
  text: string;
  isPersistent: boolean;
}

function* readHead(input: Input): Reading<Head> {
  for (;;) {
    const text = yield* readUntil(input, "\r\n\r\n");
    const [, minor, code] = /^HTTP\/1\.([01]) ([1-5]\d\d)/.exec(text) ?? [];
    if (code === undefined) throw new Error("the answer is not HTTP/1.1");
    const isPersistent = minor === "1" && !/^connection:.*\bclose\b/im.test(text);
    // 100 Continue and its like come before the answer proper.
    if (Number(code) >= 200) return { status: Number(code), text, isPersistent };
  }
}

/** Section 6.3: after so many bytes, with the last chunk, or with the connection. */
function endingOf({ status, text }: Head): number | "chunks" | "close" {
  if (status === 204 || status === 304) return 0;
  if (/^transfer-encoding:.*\bchunked[ \t]*$/im.test(text)) return "chunks";
  const length = /^content-length:[ \t]*(\d+)[ \t]*$/im.exec(text)?.[1];
  return length === undefined ? "close" : Number(length);
}

function* readChunks(input: Input, body: Excerpt): Reading<undefined> {
  for (;;) {
    const size = Number.parseInt(yield* readUntil(input, "\r\n"), 16);
    if (!(size >= 0)) throw new Error("the answer has a chunk without a size");
    if (size === 0) break;
    yield* readBytes(input, size, body);
    yield* readUntil(input, "\r\n");
  }
  // Trailers, each a line, and an empty one.
  while ((yield* readUntil(input, "\r\n")) !== "");
  return undefined;
}

function* readUntil(input: Input, mark: string): Reading<string> {
  for (;;) {
    const end = input.unread.indexOf(mark, 0, "latin1");
    if (end >= 0) {
      const text = input.unread.toString("latin1", 0, end);
      input.unread = input.unread.subarray(end + mark.length);
      return text;
    }
    if (input.unread.length > MAX_HEAD_BYTES) throw new Error("the answer is not HTTP/1.1");
    yield* more(input);
  }
}

function* readBytes(input: Input, count: number, body: Excerpt): Reading<undefined> {
  for (let left = count; left > 0; ) {
    const bytes = input.unread.subarray(0, left);
    body.add(bytes);
    left -= bytes.length;
    input.unread = input.unread.subarray(bytes.length);
    if (left === Number.POSITIVE_INFINITY && input.hasEnded) return undefined;
    if (left > 0) yield* more(input);
  }
  return undefined;
}

function* more(input: Input): Reading<undefined> {
  if (input.hasEnded) throw new AnswerCutOff("the connection ended before the answer");
  yield undefined;
  return undefined;
}

/** The receiver ended the connection instead of answering, or in the middle of its answer. */
export class AnswerCutOff extends Error {
  override name = "AnswerCutOff";
}

/** The receiver was there, and silent for too long. */
export class NoAnswerInTime extends Error {
  override name = "NoAnswerInTime";
}

interface Excerpt {
  add(bytes: Buffer): void;
  text(): string;
}

function createExcerpt(): Excerpt {
  let kept = NOTHING;
  return {
    add(bytes) {
      if (kept.length >= EXCERPT_BYTES || bytes.length === 0) return;
      kept = Buffer.concat([kept, bytes]).subarray(0, EXCERPT_BYTES);
    },
    text: () => kept.toString("utf8"),
  };
}
