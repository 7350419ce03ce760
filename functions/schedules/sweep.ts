import { carts } from "../../shared/collections.ts";
import type { Query, QuerySnapshot } from "../../shared/google/firestore.ts";
import { collection, documentRef, firestore, readDocument } from "../../shared/google/firestore.ts";
import { writeCart } from "../../shared/held-carts.ts";
import { log } from "../../shared/log.ts";
import { releaseAt } from "../../shared/pipeline/failure.ts";
import { relay } from "../../shared/pipeline/follow-up.ts";
import { hashOf } from "../../shared/pipeline/ids.ts";
import { ledger, ledgerId, readEntry, SWEEP_GRACE_MS } from "../../shared/pipeline/ledger.ts";
import type { Cause, LedgerEntry } from "../../shared/pipeline/ledger-entry.ts";
import { performOrSkip, relayPerformed } from "../../shared/pipeline/perform.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { rearmOverdue } from "../../shared/rules/cart-timer.ts";

const MINUTE_MS = 60_000;
/** What one run looks at of each kind: at some 20 ms for one that is overdue it ends before the next run begins. */
const MAX_LOOKED_AT = 1_000;

/** Where the next run goes on: what is not overdue must not stand for ever before what is. */
const cursors = collection<{ after: string }>("cursors");
const SWEEP = "sweep";

type Overdue = Pick<LedgerEntry, "by" | "n" | "state"> & { id: string };

/**
 * Drives on what somebody left lying: follow-ups of a process that died between its commit and its relay,
 * deferred events whose release was lost, carts whose timer was lost. Doing it twice does no harm, so nothing is
 * claimed first.
 */
export const sweep = schedule("sweep", "* * * * *", async nowMs => {
  const [entries, forgotten] = await Promise.all([overdueEntries(nowMs), overdueCarts(nowMs)]);
  const pending = entries.filter(({ state }) => state === "pending");
  const deferred = entries.filter(({ state }) => state === "deferred");
  const relayed = await eachGuarded(pending, ({ id }) => relayNow(id));
  const released = await eachGuarded(deferred, entry => releaseNow(entry, nowMs));
  const rearmed = await eachGuarded(forgotten, ({ id, step }) => rearm(id, { step, nowMs }));
  const failed = entries.length + forgotten.length - relayed - released - rearmed;
  return { relayed, released, rearmed, failed };
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

/** The overdue ones among a thousand that are unfinished: all there are, or the next of more. */
async function overdueEntries(nowMs: number): Promise<Overdue[]> {
  const unfinished = firestore()
    .collection(ledger.name)
    .where("state", "in", ["pending", "deferred"])
    .orderBy("__name__")
    .select("by", "n", "state", "due_at_ms")
    .limit(MAX_LOOKED_AT);
  const first = await unfinished.get();
  const { docs } = first.size < MAX_LOOKED_AT ? first : await nextOf(unfinished);
  return docs
    .map(document => ({ id: document.id, ...(document.data() as LedgerEntry) }))
    .filter(({ due_at_ms = 0 }) => due_at_ms <= nowMs);
}

/** Goes on where the last run ended, in the order of their ids, round and round. */
async function nextOf(unfinished: Query): Promise<QuerySnapshot> {
  const from = (await readDocument(cursors, SWEEP))?.after ?? "";
  const next = await (from === "" ? unfinished : unfinished.startAfter(from)).get();
  const after = next.size < MAX_LOOKED_AT ? "" : (next.docs.at(-1)?.id ?? "");
  await documentRef(cursors, SWEEP).set({ after });
  return next;
}

async function relayNow(id: string): Promise<void> {
  const entry = await readEntry(id);
  if (entry?.state === "pending") await relay(id, entry);
}

function releaseNow({ id, by, n }: Overdue, nowMs: number): Promise<void> {
  const poster = `sweep ${Math.floor(nowMs / MINUTE_MS)}`;
  return releaseAt({ ledgerId: id, reaction: by, n, dueMs: nowMs, poster });
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
  const attempt = { ledgerId: ledgerId(SWEEP, cause), by: SWEEP, cause, nowMs };
  const performed = await performOrSkip(attempt, async work => {
    const cart = await work.get(carts, cartId);
    const change = cart && rearmOverdue(cart, nowMs);
    if (!cart || !change) return skip("its timer is not overdue any more");
    writeCart(cart, change, work);
    return undefined;
  });
  await relayPerformed(attempt.ledgerId, performed);
}
