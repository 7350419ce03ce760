import { writeCart } from "../../shared/carts/write-cart.ts";
import { carts } from "../../shared/collections.ts";
import { firestore } from "../../shared/google/firestore.ts";
import { log } from "../../shared/log.ts";
import type { Overdue } from "../../shared/pipeline/operate/overdue.ts";
import {
  MAX_LOOKED_AT,
  overdueEffects,
  overdueEntries,
  overdueLanes,
} from "../../shared/pipeline/operate/overdue.ts";
import { postDrain } from "../../shared/pipeline/outbox/post-drain.ts";
import { armEffect } from "../../shared/pipeline/outbox/post-effect.ts";
import { releaseAt } from "../../shared/pipeline/outbox/post-release.ts";
import { relay } from "../../shared/pipeline/outbox/relay.ts";
import { performOrSkip, relayPerformed } from "../../shared/pipeline/process/commit.ts";
import type { EffectRecord } from "../../shared/pipeline/records/effect-record.ts";
import type { Lane } from "../../shared/pipeline/records/lane.ts";
import { ledgerId, readEntry, SWEEP_GRACE_MS } from "../../shared/pipeline/records/ledger.ts";
import type { Cause } from "../../shared/pipeline/records/ledger-entry.ts";
import { DELIVERY } from "../../shared/pipeline/records/ledger-state.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { rearmOverdue } from "../../shared/rules/cart/cart-timer.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";
import { hashOf } from "../../shared/values/ids.ts";

const SWEEP = "sweep";

/**
 * Drives on what somebody left lying: follow-ups of a process that died between its commit and its relay,
 * deferred events whose release was lost, lanes that nobody drains, effects whose task was lost or whose holder
 * died, carts whose timer was lost. Doing it twice does no harm, so nothing is claimed first.
 */
export const sweep = schedule("sweep", "* * * * *", async nowMs => {
  const [entries, waiting, unseen, forgotten] = await Promise.all([
    overdueEntries(nowMs),
    overdueLanes(nowMs),
    overdueEffects(nowMs),
    overdueCarts(nowMs),
  ]);
  const pending = entries.filter(({ state }) => state === "pending");
  const deferred = entries.filter(({ state }) => state === "deferred");
  const relayed = await eachGuarded(pending, ({ id }) => relayNow(id));
  const released = await eachGuarded(deferred, entry => releaseNow(entry, nowMs));
  const drained = await eachGuarded(waiting, lane => drainNow(lane, nowMs));
  const rearmedEffects = await eachGuarded(unseen, effect => armNow(effect, nowMs));
  const rearmed = await eachGuarded(forgotten, ({ id, step }) => rearm(id, { step, nowMs }));
  const found = entries.length + waiting.length + unseen.length + forgotten.length;
  const driven = { relayed, released, drained, effects: rearmedEffects, rearmed };
  const failed = Object.values(driven).reduce((rest, n) => rest - n, found);
  return { ...driven, failed };
});

/** One that fails must not keep the others waiting; it is overdue in a minute, too. Answers how many went well. */
async function eachGuarded<T extends { id: string }>(
  all: readonly T[],
  drive: (one: T) => Promise<void>,
): Promise<number> {
  let succeeded = 0;
  for (const one of all) {
    try {
      await drive(one);
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

/** Two runs in one minute post one task between them. */
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
    .limit(MAX_LOOKED_AT);
  const { docs } = await overdue.get();
  return docs.map(document => ({ id: document.id, step: Number(document.get("step")) }));
}

/** The task of a cart's timer is gone: the cart gets another one, under a new name. */
async function rearm(cartId: string, { step, nowMs }: { step: number; nowMs: number }): Promise<void> {
  const cause: Cause = {
    producer: SWEEP,
    id: `${cartId}.${step}`,
    event_type: "timer",
    subject: cartId,
    fingerprint: "",
    correlation_id: hashOf(SWEEP, cartId, step),
  };
  const attempt = { ledgerId: ledgerId(SWEEP, cause), by: SWEEP, cause, nowMs, origin: DELIVERY };
  const performed = await performOrSkip(attempt, async work => {
    const cart = await work.get(carts, cartId);
    const change = cart && rearmOverdue(cart, nowMs);
    if (!cart || !change) return skip("its timer is not overdue any more");
    writeCart(cart, change, work);
    return undefined;
  });
  await relayPerformed(attempt, performed);
}
