import { writeCart } from "../../shared/carts/write-cart.ts";
import { carts } from "../../shared/collections.ts";
import { firestore } from "../../shared/google/firestore.ts";
import { log } from "../../shared/log.ts";
import type { Overdue } from "../../shared/pipeline/operate/overdue.ts";
import {
  MAX_OVERDUE,
  overdueEffects,
  overdueEntries,
  overdueLanes,
} from "../../shared/pipeline/operate/overdue.ts";
import { postDrain } from "../../shared/pipeline/outbox/post-drain.ts";
import { armEffect } from "../../shared/pipeline/outbox/post-effect.ts";
import { releaseAt } from "../../shared/pipeline/outbox/post-release.ts";
import { relay } from "../../shared/pipeline/outbox/relay.ts";
import { runUnitOfWork } from "../../shared/pipeline/process/run-unit-of-work.ts";
import type { EffectRecord } from "../../shared/pipeline/records/effect-record.ts";
import type { Lane } from "../../shared/pipeline/records/lane.ts";
import { readEntry, SWEEP_GRACE_MS } from "../../shared/pipeline/records/ledger.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { rearmOverdue } from "../../shared/rules/cart/cart-timer.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";
import { hashOf } from "../../shared/values/ids.ts";

const SWEEP = "sweep";

/**
 * Resumes overdue work every minute:
 * - follow-ups of a process that crashed between its commit and its relay,
 * - deferred events whose release was lost,
 * - lanes without a drain,
 * - effects whose task was lost or whose holder crashed,
 * - carts whose timer was lost.
 *
 * Resuming twice is safe, so two runs need no lock.
 */
export const sweep = schedule("sweep", "* * * * *", async nowMs => {
  const [entries, lanes, effects, lateCarts] = await Promise.all([
    overdueEntries(nowMs),
    overdueLanes(nowMs),
    overdueEffects(nowMs),
    overdueCarts(nowMs),
  ]);
  const pending = entries.filter(({ state }) => state === "pending");
  const deferred = entries.filter(({ state }) => state === "deferred");
  const relayed = await resumeEach(pending, ({ id }) => relayNow(id));
  const released = await resumeEach(deferred, entry => releaseNow(entry, nowMs));
  const drained = await resumeEach(lanes, lane => drainNow(lane, nowMs));
  const rearmedEffects = await resumeEach(effects, effect => armNow(effect, nowMs));
  const rearmed = await resumeEach(lateCarts, ({ id, step }) => rearmCart(id, { step, nowMs }));
  const found = entries.length + lanes.length + effects.length + lateCarts.length;
  const resumed = { relayed, released, drained, effects: rearmedEffects, rearmed };
  const failed = Object.values(resumed).reduce((rest, n) => rest - n, found);
  return { ...resumed, failed };
});

/**
 * Resumes items one after the other. A failed item does not stop the others: the next run finds it overdue again.
 * @returns the number of successes
 */
async function resumeEach<T extends { id: string }>(
  all: readonly T[],
  resume: (one: T) => Promise<void>,
): Promise<number> {
  let succeeded = 0;
  for (const one of all) {
    try {
      await resume(one);
      succeeded += 1;
    } catch (error) {
      log("ERROR", "sweep.failed", { id: one.id, error });
    }
  }
  return succeeded;
}

async function relayNow(id: string): Promise<void> {
  const entry = await readEntry(id);
  if (entry?.state === "pending") await relay(id, entry);
}

/** Names the poster of a task by the minute: two runs in one minute post the same task once. */
const posterAt = (nowMs: number) => `${SWEEP} ${Math.floor(nowMs / MINUTE_MS)}`;

function releaseNow({ id, by, n }: Overdue, nowMs: number): Promise<void> {
  return releaseAt({ ledgerId: id, reaction: by, n, dueMs: nowMs, poster: posterAt(nowMs) });
}

function drainNow({ id, reaction }: Lane & { id: string }, nowMs: number): Promise<void> {
  return postDrain({ laneId: id, reaction, left: posterAt(nowMs), n: 0 }, nowMs);
}

function armNow(effect: EffectRecord & { id: string }, nowMs: number): Promise<void> {
  return armEffect(effect.id, { ...effect, due_at_ms: nowMs }, posterAt(nowMs));
}

async function overdueCarts(nowMs: number): Promise<{ id: string; step: number }[]> {
  const overdue = firestore()
    .collection(carts.name)
    .where("armed_due_ms", "<=", nowMs - SWEEP_GRACE_MS)
    .orderBy("armed_due_ms")
    .select("step")
    .limit(MAX_OVERDUE);
  const { docs } = await overdue.get();
  return docs.map(document => ({ id: document.id, step: Number(document.get("step")) }));
}

/** Arms the timer of a cart again, under a new task name: the name of the lost task stays blocked. */
async function rearmCart(cartId: string, { step, nowMs }: { step: number; nowMs: number }): Promise<void> {
  const unit = {
    by: SWEEP,
    id: `${cartId}.${step}`,
    nowMs,
    subject: cartId,
    correlationId: hashOf(SWEEP, cartId, step),
  };
  await runUnitOfWork(unit, async (work): Promise<Skip | void> => {
    const cart = await work.get(carts, cartId);
    const change = cart && rearmOverdue(cart, nowMs);
    if (!cart || !change) return skip("the timer of the cart is no longer overdue");
    writeCart(cart, change, work);
  });
}
