import type { Firestore } from "@google-cloud/firestore";
import { HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import type { ShopClock } from "./shop-clock.ts";

/** Time by which the clock moves between two looks at the unfinished work. */
const STEP_MS = 30 * MINUTE_MS;
/** Max time to wait, by the shop's clock. The longest retry backoff is six hours: after two days no retry is left. */
const MAX_WAIT_MS = 48 * HOUR_MS;
/** Max items that an error names. */
const MAX_NAMED = 20;

/** Work is left that more time does not finish. */
export class WorkLeft extends Error {
  override name = "WorkLeft";
  readonly left: readonly string[];
  constructor(left: readonly string[]) {
    const more = left.length > MAX_NAMED ? ` and ${left.length - MAX_NAMED} more` : "";
    const named = left.slice(0, MAX_NAMED).join("; ");
    super(`Work unfinished after two days of the shop's clock: expected none, got ${named}${more}`);
    this.left = left;
  }
}

export interface WaitOptions {
  url: string;
  firestore: Firestore;
  clock: ShopClock;
  /** Min time to wait, by the shop's clock: until every cart that was left has been abandoned. */
  leastMs: number;
  onStep?(passedMs: number, left: number): void;
}

/**
 * Ends the faults and moves the shop's clock until no work is left: deliveries, retries, lanes, timers. Parked events
 * wait for an operator and do not count.
 * @throws WorkLeft naming the unfinished work after two days
 */
export async function waitUntilDone(options: WaitOptions): Promise<void> {
  const { url, firestore, clock, leastMs, onStep } = options;
  await call(url, "DELETE", "/__local/faults");
  let passedMs = 0;
  for (;;) {
    const { undelivered } = await call(url, "POST", "/__local/settle");
    const left = [...undelivered.map(undeliveredText), ...(await unfinishedWork(firestore))];
    onStep?.(passedMs, left.length);
    if (left.length === 0 && passedMs >= leastMs) return;
    if (passedMs >= MAX_WAIT_MS) throw new WorkLeft(left);
    const stepMs = passedMs < leastMs ? Math.min(STEP_MS, leastMs - passedMs) : STEP_MS;
    await clock.advance(stepMs);
    passedMs += stepMs;
  }
}

/**
 * Reads the entries, lanes, effects and cart timers that still wait for something.
 * @returns one name per item, for reports
 */
export async function unfinishedWork(firestore: Firestore): Promise<string[]> {
  const idsOf = async (what: string, name: string, field: string, values: unknown[]): Promise<string[]> => {
    const { docs } = await firestore.collection(name).where(field, "in", values).select().get();
    return docs.map(document => `${what} ${document.id}`);
  };
  const lanes = firestore.collection("lanes").select().get();
  const armed = firestore.collection("carts").where("armed_due_ms", ">", 0).select().get();
  return [
    ...(await idsOf("pending ledger entry", "ledger", "state", ["pending"])),
    ...(await idsOf("deferred ledger entry", "ledger", "state", ["deferred"])),
    ...(await idsOf("queued ledger entry", "ledger", "state", ["queued"])),
    ...(await idsOf("effect", "effects", "state", ["planned", "sending"])),
    ...(await lanes).docs.map(document => `lane ${document.id}`),
    ...(await armed).docs.map(document => `timer of cart ${document.id}`),
  ];
}

interface UndeliveredAnswer {
  undelivered: { name: string; undelivered: number }[];
}

function undeliveredText({ name, undelivered }: UndeliveredAnswer["undelivered"][number]): string {
  return `${undelivered} messages of ${name.split("/").at(-1)}`;
}

async function call(url: string, method: string, path: string): Promise<UndeliveredAnswer> {
  const answer = await fetch(url + path, { method });
  if (!answer.ok) {
    const got = `${answer.status} ${await answer.text()}`;
    throw new Error(`${method} ${path} failed: expected status 2xx, got ${got}`);
  }
  return (await answer.json()) as UndeliveredAnswer;
}
