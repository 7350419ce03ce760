import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import { openOrderOf } from "./open-supplier-order.ts";
import { sendUntilKnown } from "./send.ts";
import type { ShopClock } from "./shop-clock.ts";
import type { Day, Step, Visit } from "./step.ts";
import { isEvent } from "./step.ts";

/** A step that was sent, with its answer. */
export interface Sent {
  step: Step;
  burst: number;
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** The shop received the step between these two times of its clock. */
  fromMs: number;
  toMs: number;
  /** Number of requests. */
  tries: number;
  /** Undefined: the result was still unknown at the timeout. */
  status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, read where their step is known
  answer: any;
}

export interface RunOptions {
  url: string;
  clock: ShopClock;
  /** Max concurrent requests; 48 by default. */
  atOnce?: number;
  /** Max requests started per second; absent: no limit. */
  rate?: number;
  /** Ends the run: requests in flight finish, no new request starts. */
  signal?: AbortSignal;
  /** Time for which a request without an answer is repeated, in real milliseconds; two minutes by default. */
  timeoutMs?: number;
  onSent?(sent: Sent): void;
}

const AT_ONCE = 48;
const TIMEOUT_MS = 2 * MINUTE_MS;

/** Tells whether the shop accepted a step: status 2xx. */
export function isAccepted({ status }: Pick<Sent, "status">): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

/**
 * Sends a whole day, round by round.
 * @returns the sent steps, in the order of their answers
 */
export async function runDay(day: Day, options: RunOptions): Promise<Sent[]> {
  const { clock, signal } = options;
  const journal = new Map<string, Sent>();
  const send = createSender(journal, options);
  await inParallel(day.opening, 0, send, options);
  for (const [index, { visits, meanwhile, gapMs }] of day.rounds.entries()) {
    await inParallel(visits, 2 * index, send, options);
    if (signal?.aborted) break;
    await Promise.all([clock.advance(gapMs), inParallel(meanwhile, 2 * index + 1, send, options)]);
  }
  return [...journal.values()];
}

type Send = (step: Step, burst: number) => Promise<void>;

/** Sends visits concurrently; the steps of one visit one after the other. */
async function inParallel(visits: readonly Visit[], burst: number, send: Send, options: RunOptions) {
  const waiting = visits.values();
  const shop = async (): Promise<void> => {
    for (const visit of waiting) {
      for (const step of visit) {
        if (options.signal?.aborted) return;
        if (step.pauseMs > 0) await delay(step.pauseMs);
        await send(step, burst);
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce ?? AT_ONCE }, shop));
}

function createSender(journal: Map<string, Sent>, options: RunOptions): Send {
  const { url, clock, timeoutMs = TIMEOUT_MS } = options;
  const turn = createPace(options.rate);
  return async (step, burst) => {
    const made = step.about === undefined ? undefined : idIn(journal.get(step.about)?.answer);
    const first = step.again === undefined ? undefined : journal.get(step.again);
    // A step about a refused order or account is not sent. The repeat of an unsent step is not sent either.
    if ((step.about !== undefined && made === undefined) || (step.again !== undefined && !first)) return;
    await turn();
    const supplied =
      first || step.receives === undefined ? "" : await openOrderOf(step.receives, url, timeoutMs);
    if (supplied === undefined) return;
    const fromMs = clock.earliestMs();
    const ids = { made, supplied, nowMs: momentOf(step, journal, fromMs) };
    const { path, body } = first ?? requestOf(step, ids);
    const known = await sendUntilKnown(
      {
        url: url + path,
        method: step.method,
        headers: headersOf(step),
        body: JSON.stringify(body),
      },
      timeoutMs,
    );
    const sent: Sent = { step, burst, path, body, fromMs, toMs: clock.latestMs(), ...known };
    journal.set(step.name, sent);
    options.onSent?.(sent);
  };
}

/** Reads the id of the order or account from the answer to the command that made it. */
function idIn(answer: Sent["answer"]): string | undefined {
  return answer?.order_id ?? answer?.user_id;
}

function headersOf(step: Step): Record<string, string> {
  const json = { "content-type": "application/json" };
  return isEvent(step) ? json : { ...json, "idempotency-key": step.again ?? step.name };
}

function momentOf({ momentOf: other, ageMs = 0 }: Step, journal: Map<string, Sent>, nowMs: number): number {
  const same = other === undefined ? undefined : journal.get(other)?.body["timestamp"];
  return typeof same === "string" ? Date.parse(same) : nowMs - ageMs;
}

/** Fills in the ids of orders and the timestamp. A repeat uses the filled request again. */
function requestOf(step: Step, ids: { made: unknown; supplied: string; nowMs: number }) {
  const { made, supplied, nowMs } = ids;
  const known = (text: string): string =>
    text.replace(/\{(order|made)\}/, String(made ?? "")).replace("{supplier_order}", supplied);
  const filled = Object.fromEntries(
    Object.entries(step.body).map(([key, value]) => [key, typeof value === "string" ? known(value) : value]),
  );
  const timestamp = isEvent(step) ? { timestamp: new Date(nowMs).toISOString() } : {};
  return { path: known(step.path), body: { ...filled, ...timestamp } };
}

/**
 * Creates a limiter of requests per second.
 * @returns a function whose promise resolves when the next request may start
 */
function createPace(rate: number | undefined): () => Promise<void> {
  let nextMs = performance.now();
  return async () => {
    if (rate === undefined) return;
    const startMs = Math.max(nextMs, performance.now());
    nextMs = startMs + 1000 / rate;
    const waitMs = startMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
  };
}
