import { documentRef, firestore } from "../google/firestore.ts";
import { archivedEvents } from "../pipeline/archived-event.ts";
import { hashOf } from "../pipeline/ids.ts";
import { ledgerId } from "../pipeline/ledger.ts";
import type { Cause } from "../pipeline/ledger-entry.ts";
import { DELIVERY } from "../pipeline/ledger-state.ts";
import { performOrSkip, relayPerformed } from "../pipeline/perform.ts";
import { skip } from "../pipeline/skip.ts";
import type { Night } from "./night.ts";
import { armedPage, CLOSE_SHARD, nights, partName, partsOf } from "./night.ts";

export const CLOSE_DAY = "close-day";

/** Events of a shard, some hundred pages, and the most shards: as many tasks are under way at a time. */
const EVENTS_OF_A_SHARD = 25_000;
const MAX_SHARDS = 16;

export interface StartedNight {
  run: number;
  /** False: this closing had begun before. */
  started: boolean;
}

/**
 * Begins the closing of a day that is over: its cut-off, its shards and a task for each. A day that is being closed,
 * or was, is left alone; with `again` one that was closed is closed once more, over the same events.
 */
export async function startNight(
  day: string,
  { nowMs, again = false }: { nowMs: number; again?: boolean },
): Promise<StartedNight> {
  const snapshot = await documentRef(nights, day).get();
  const before = snapshot.data() as Night | undefined;
  const isClosed = before !== undefined && before.closed_at_ms !== null;
  const run = isClosed && again ? before.run + 1 : (before?.run ?? 1);
  // Firestore's own time: whatever is committed after this read has a later one.
  const cut_off_ms = before?.cut_off_ms ?? snapshot.readTime.toMillis();
  const shards = await shardsOf(day);
  const parts = partsOf(0, shards);
  const attempt = attemptFor(day, run, nowMs);
  const performed = await performOrSkip(attempt, async work => {
    const found = await work.get(nights, day);
    if (found && found.run >= run) return skip("somebody else has begun it");
    const open = parts.map(partName);
    const about = { day, run, cut_off_ms, shards, phase: 0, open };
    work.set(nights, day, { ...about, started_at_ms: nowMs, closed_at_ms: null });
    for (const part of parts) work.timer(CLOSE_SHARD, armedPage({ day, run, part, page: 0 }, nowMs));
    return undefined;
  });
  await relayPerformed(attempt, performed);
  return { run, started: performed.kind === "committed" && performed.state !== "skipped" };
}

function attemptFor(day: string, run: number, nowMs: number) {
  const cause: Cause = {
    producer: CLOSE_DAY,
    id: `${day}.${run}`,
    event_type: "timer",
    subject: day,
    fingerprint: "",
    correlation_id: hashOf(CLOSE_DAY, day, run),
  };
  return { ledgerId: ledgerId(CLOSE_DAY, cause), by: CLOSE_DAY, cause, nowMs, origin: DELIVERY };
}

async function shardsOf(day: string): Promise<number> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  const { count } = (await ofDay.count().get()).data();
  return Math.min(MAX_SHARDS, Math.max(1, Math.ceil(count / EVENTS_OF_A_SHARD)));
}
