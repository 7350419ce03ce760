/** The parts of an HTTP response that a sender needs. */
export interface HttpAnswer {
  status: number;
  /** The first EXCERPT_BYTES of the body: enough to show the cause of a failure. */
  excerpt: string;
}

export interface WholeAnswer {
  answer: HttpAnswer;
  /** True when the connection can serve another call. */
  isReusable: boolean;
}

/**
 * Reads the bytes of a connection in pieces of any size; undefined stands for the connection's end.
 * @returns the response once it is complete; undefined before
 * @throws Error when the bytes are not HTTP/1.1 or HTTP/1.0; AnswerCutOff when the connection ended too early
 */
export type AnswerReader = (piece: Buffer | undefined) => WholeAnswer | undefined;

export const EXCERPT_BYTES = 1000;
/** Max size of a response's head, and of a line between chunks: far more than any receiver sends. */
const MAX_HEAD_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);
const NOT_HTTP = "response is not HTTP/1.1: expected a status line and headers";

/**
 * Creates the reader of one response, by the client's part of RFC 9112.
 * @param method the request's method; a response to HEAD has no body
 */
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

/** A parser that yields whenever it needs more bytes. */
type Reading<Result> = Generator<undefined, Result>;

function* readAnswer(input: Input, method: string): Reading<WholeAnswer> {
  const head = yield* readHead(input);
  const body = createExcerpt();
  const length = method === "HEAD" ? 0 : bodyLengthOf(head);
  if (length === "chunked") yield* readChunks(input, body);
  else yield* readBytes(input, length === "until close" ? Number.POSITIVE_INFINITY : length, body);
  const isReusable =
    head.isPersistent && length !== "until close" && input.unread.length === 0 && !input.hasEnded;
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
    if (code === undefined) throw new Error(NOT_HTTP);
    const isPersistent = minor === "1" && !/^connection:.*\bclose\b/im.test(text);
    // Interim responses, such as 100 Continue, precede the final one.
    if (Number(code) >= 200) return { status: Number(code), text, isPersistent };
  }
}

/** Returns the body's length by section 6.3 of RFC 9112: in bytes, by chunks, or up to the connection's end. */
function bodyLengthOf({ status, text }: Head): number | "chunked" | "until close" {
  if (status === 204 || status === 304) return 0;
  if (/^transfer-encoding:.*\bchunked[ \t]*$/im.test(text)) return "chunked";
  const length = /^content-length:[ \t]*(\d+)[ \t]*$/im.exec(text)?.[1];
  return length === undefined ? "until close" : Number(length);
}

function* readChunks(input: Input, body: Excerpt): Reading<undefined> {
  for (;;) {
    const size = Number.parseInt(yield* readUntil(input, "\r\n"), 16);
    if (!(size >= 0)) throw new Error("response chunk is without a size: expected a hexadecimal number");
    if (size === 0) break;
    yield* readBytes(input, size, body);
    yield* readUntil(input, "\r\n");
  }
  // The trailers, one per line, end with an empty line.
  while ((yield* readUntil(input, "\r\n")) !== "");
  return undefined;
}

function* readUntil(input: Input, delimiter: string): Reading<string> {
  for (;;) {
    const end = input.unread.indexOf(delimiter, 0, "latin1");
    if (end >= 0) {
      const text = input.unread.toString("latin1", 0, end);
      input.unread = input.unread.subarray(end + delimiter.length);
      return text;
    }
    if (input.unread.length > MAX_HEAD_BYTES) throw new Error(NOT_HTTP);
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
  if (input.hasEnded) throw new AnswerCutOff("connection ended before the response was complete");
  yield undefined;
  return undefined;
}

/** The receiver ended the connection before or during its response. */
export class AnswerCutOff extends Error {
  override name = "AnswerCutOff";
}

/** The receiver was connected, but its response was not complete before the timeout. */
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

export interface HttpCall {
  url: string;
  /** POST by default. */
  method?: string;
  headers: Record<string, string>;
  body?: Uint8Array | string;
  /** Real milliseconds until the call fails. The receiver works in real time, whatever the movable clock shows. */
  timeoutMs: number;
}
