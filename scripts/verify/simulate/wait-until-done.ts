import type { Firestore } from "@google-cloud/firestore";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { ShopClock } from "./shop-clock.ts";

/** What waits for something, by the name it has in a report. */
export type Unfinished = string[];

/** As often as this a look is taken whether anything is left. */
const STEP_MS = 30 * MINUTE_MS;
/** The longest wait for a next try is six hours; what has not ended two days later does not end. */
const LONGEST_MS = 48 * 60 * MINUTE_MS;
/** How many of those that are left a failure names. */
const NAMED = 20;

/** Something is left, and no time helps. */
export class Unsettled extends Error {
  override name = "Unsettled";
  readonly left: Unfinished;
  constructor(left: Unfinished) {
    const more = left.length > NAMED ? ` and ${left.length - NAMED} more` : "";
    super(`After two days of its clock this has not ended: ${left.slice(0, NAMED).join("; ")}${more}`);
    this.left = left;
  }
}

export interface SettleOptions {
  url: string;
  firestore: Firestore;
  clock: ShopClock;
  /** At least so long passes, so that every cart that was left has been abandoned. */
  leastMs: number;
  onStep?(passedMs: number, left: number): void;
}

/**
 * Ends the faults and lets the shop's clock run until nothing is under way: deliveries, next tries, lanes, timers.
 * What is parked waits for a person and is no concern of this.
 * @throws Unsettled naming what is left after two days
 */
export async function settle({ url, firestore, clock, leastMs, onStep }: SettleOptions): Promise<void> {
  await call(url, "DELETE", "/__local/faults");
  let passedMs = 0;
  for (;;) {
    const { undelivered } = await call(url, "POST", "/__local/settle");
    const left = [...undelivered.map(undeliveredText), ...(await unfinished(firestore))];
    onStep?.(passedMs, left.length);
    if (left.length === 0 && passedMs >= leastMs) return;
    if (passedMs >= LONGEST_MS) throw new Unsettled(left);
    const stepMs = passedMs < leastMs ? Math.min(STEP_MS, leastMs - passedMs) : STEP_MS;
    await clock.advance(stepMs);
    passedMs += stepMs;
  }
}

/** Messages, entries, lanes, effects and carts that are still to be driven on. */
export async function unfinished(firestore: Firestore): Promise<Unfinished> {
  const idsOf = async (what: string, name: string, field: string, values: unknown[]): Promise<string[]> => {
    const { docs } = await firestore.collection(name).where(field, "in", values).select().get();
    return docs.map(document => `${what} ${document.id}`);
  };
  const lanes = firestore.collection("lanes").select().get();
  const armed = firestore.collection("carts").where("armed_due_ms", ">", 0).select().get();
  return [
    ...(await idsOf("the ledger's pending", "ledger", "state", ["pending"])),
    ...(await idsOf("the ledger's deferred", "ledger", "state", ["deferred"])),
    ...(await idsOf("the ledger's queued", "ledger", "state", ["queued"])),
    ...(await idsOf("effect", "effects", "state", ["planned", "sending"])),
    ...(await lanes).docs.map(document => `lane ${document.id}`),
    ...(await armed).docs.map(document => `the timer of cart ${document.id}`),
  ];
}

interface Status {
  undelivered: { name: string; undelivered: number }[];
}

function undeliveredText({ name, undelivered }: Status["undelivered"][number]): string {
  return `${undelivered} messages of ${name.split("/").at(-1)}`;
}

async function call(url: string, method: string, path: string): Promise<Status> {
  const answer = await fetch(url + path, { method });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Status;
}
