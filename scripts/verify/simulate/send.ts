import { setTimeout as delay } from "node:timers/promises";

export interface HttpRequest {
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  /** Absent: a GET has none. */
  body?: string;
}

export interface KnownAnswer {
  /** Undefined: the result was still unknown at the timeout. */
  status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, read where their step is known
  answer: any;
  /** Number of requests. */
  tries: number;
}

/** Timeout of one request. A request without an answer by then counts as lost. */
const REQUEST_TIMEOUT_MS = 30_000;
const TOO_MANY_REQUESTS = 429;
/** First wait before a retry. The Retry-After of an answer asks for a second, but a simulation must be quick. */
const FIRST_PAUSE_MS = 50;
/** Max wait before a retry. */
const MAX_PAUSE_MS = 1_000;

/**
 * Sends a request and repeats the same bytes until the result is known. After a lost answer, a 5xx or a 429 the result
 * is unknown.
 */
export async function sendUntilKnown(request: HttpRequest, timeoutMs: number): Promise<KnownAnswer> {
  const endMs = performance.now() + timeoutMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (let tries = 1; ; tries += 1) {
    const known = await send(request).catch(() => undefined);
    if (known) return { ...known, tries };
    if (performance.now() > endMs) return { status: undefined, answer: undefined, tries };
    await delay(pauseMs);
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
  }
}

async function send({ url, ...request }: HttpRequest): Promise<Omit<KnownAnswer, "tries"> | undefined> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  const text = await answer.text();
  if (answer.status >= 500 || answer.status === TOO_MANY_REQUESTS) return undefined;
  return { status: answer.status, answer: text === "" ? undefined : JSON.parse(text) };
}
