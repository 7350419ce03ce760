import { setTimeout as delay } from "node:timers/promises";

export interface Request {
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Known {
  /** Undefined: nobody has said in time what became of it. */
  status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, read where their step is known
  answer: any;
  tries: number;
}

/** Longer than any function may run; then the connection counts as lost. */
const ANSWER_MS = 30_000;
const TOO_MANY_REQUESTS = 429;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Sends a request, and sends it again, the very same, until somebody has said what became of it: without an answer,
 * with a 5xx or a 429 a client cannot know. Retry-After asks for a second, which is more than a simulation can
 * spare at first.
 */
export async function sendUntilKnown(request: Request, patienceMs: number): Promise<Known> {
  const endMs = performance.now() + patienceMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (let tries = 1; ; tries += 1) {
    const known = await send(request).catch(() => undefined);
    if (known) return { ...known, tries };
    if (performance.now() > endMs) return { status: undefined, answer: undefined, tries };
    await delay(pauseMs);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

async function send({ url, ...request }: Request): Promise<Omit<Known, "tries"> | undefined> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_MS) });
  const text = await answer.text();
  if (answer.status >= 500 || answer.status === TOO_MANY_REQUESTS) return undefined;
  return { status: answer.status, answer: text === "" ? undefined : JSON.parse(text) };
}
