import { firestore } from "../../shared/google/firestore.ts";
import { log } from "../../shared/log.ts";
import { releaseAt } from "../../shared/pipeline/failure.ts";
import { relay } from "../../shared/pipeline/follow-up.ts";
import { ledger } from "../../shared/pipeline/ledger.ts";
import type { LedgerEntry } from "../../shared/pipeline/ledger-entry.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";

const MINUTE_MS = 60_000;
const PAGE = 200;
/** What one run looks at: at some 20 ms an entry it ends well before the next run begins. */
const MAX_ENTRIES = 2_000;

/**
 * Drives on what somebody left lying: follow-ups of a process that died between its commit and its relay, and
 * deferred events whose release was lost. Doing it twice does no harm, so nothing is claimed first.
 */
export const sweep = schedule("sweep", "* * * * *", async nowMs => {
  const counts = { relayed: 0, released: 0, failed: 0 };
  let seen = 0;
  for await (const [id, entry] of unfinishedEntries()) {
    seen += 1;
    if ((entry.due_at_ms ?? 0) > nowMs) continue;
    try {
      counts[await driveOn(id, entry, nowMs)] += 1;
    } catch (error) {
      counts.failed += 1;
      log("ERROR", "sweep.entry_failed", { ledger_id: id, error });
    }
  }
  return { ...counts, seen };
});

async function driveOn(id: string, entry: LedgerEntry, nowMs: number): Promise<"relayed" | "released"> {
  if (entry.state === "pending") {
    await relay(id, entry);
    return "relayed";
  }
  const poster = `sweep ${Math.floor(nowMs / MINUTE_MS)}`;
  await releaseAt({
    ledgerId: id,
    reaction: entry.by,
    n: entry.n,
    dueMs: nowMs,
    poster,
  });
  return "released";
}

/** Page by page, by id: ids are hashes, so no page is hot and none is always last. */
async function* unfinishedEntries(): AsyncGenerator<[string, LedgerEntry]> {
  const unfinished = firestore()
    .collection(ledger.name)
    .where("state", "in", ["pending", "deferred"])
    .limit(PAGE);
  let page = await unfinished.get();
  for (let count = 0; page.size > 0 && count < MAX_ENTRIES; count += page.size) {
    for (const document of page.docs) yield [document.id, document.data() as LedgerEntry];
    const last = page.docs.at(-1);
    if (!last || page.size < PAGE) return;
    page = await unfinished.startAfter(last).get();
  }
}
