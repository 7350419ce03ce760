import { collection, documentRef, inTransaction } from "../../../google/firestore.ts";
import type { Act, AuditRecord } from "../../records/audit.ts";
import { isOnRecord, putOnRecord } from "../../records/audit.ts";
import type { ArchiveCursor } from "./replay-archive.ts";

/** How far a replay or rebuild has come: whoever runs the same command again goes on from here. */
export interface ReplayRun {
  act: string;
  reaction: string;
  /** What is in the archive after this moment is not meant. */
  until_ms: number;
  posted: number;
  /** Of a rebuild: what it builds. */
  generation?: number;
  cursor?: ArchiveCursor;
  /** When the last task posted so far is due. */
  last_due_ms: number;
  /** Who is at it, and until when nobody else may be, should they never come back. */
  holder?: string;
  held_until_ms: number;
  finished_at_ms?: number;
}

export const replayRuns = collection<ReplayRun>("replays");

/** Renewed with every hundred events; before the first of a day, the whole day is looked through. */
export const HOLD_MS = 5 * 60_000;

/** Somebody else is at it. */
export class HeldByAnother extends Error {
  override name = "HeldByAnother";
}

/**
 * Begins a replay, or goes on with one of the same id that was stopped. The act is on record when this answers.
 * @throws HeldByAnother while somebody else is at it
 */
export async function holdRun(
  id: string,
  act: Act,
  begin: { run: Pick<ReplayRun, "reaction" | "until_ms">; record: Pick<AuditRecord, "did" | "selection"> },
): Promise<ReplayRun> {
  const { nowMs } = act;
  const { reaction } = begin.run;
  return inTransaction(async transaction => {
    const snapshot = await transaction.get(documentRef(replayRuns, id));
    const before = snapshot.data() as ReplayRun | undefined;
    const isMine = await isOnRecord(transaction, act, id);
    refuseHeld(before, act);
    const held = { holder: holderOf(act), held_until_ms: nowMs + HOLD_MS };
    const isNew = !before || before.finished_at_ms !== undefined;
    const run: ReplayRun = isNew
      ? { ...begin.run, act: act.id, posted: 0, last_due_ms: 0, ...held }
      : { ...before, ...held };
    transaction.set(documentRef(replayRuns, id), run);
    if (!isMine) putOnRecord(transaction, act, { ...begin.record, target: id, reaction });
    return run;
  });
}

/**
 * Notes how far it has come. With `ends` it is finished, or left for somebody else to go on with.
 * @throws HeldByAnother when this took so long that somebody else took over
 */
export async function noteRun(
  id: string,
  act: Act,
  { run, nowMs, ends }: { run: ReplayRun; nowMs: number; ends?: "finished" | "stopped" },
): Promise<void> {
  await inTransaction(async transaction => {
    const snapshot = await transaction.get(documentRef(replayRuns, id));
    refuseHeld(snapshot.data() as ReplayRun | undefined, { ...act, nowMs: 0 });
    const { holder, ...free } = run;
    const next = ends
      ? { ...free, held_until_ms: 0, ...(ends === "finished" && { finished_at_ms: nowMs }) }
      : { ...free, ...(holder === undefined ? {} : { holder }), held_until_ms: nowMs + HOLD_MS };
    transaction.set(documentRef(replayRuns, id), next);
  });
}

function refuseHeld(run: ReplayRun | undefined, act: Act): void {
  if (!run || run.holder === undefined || run.holder === holderOf(act)) return;
  if (run.held_until_ms <= act.nowMs) return;
  const until = new Date(run.held_until_ms).toISOString();
  throw new HeldByAnother(
    `${run.holder.split(" ")[0]} is at it. Should that have been killed, it can be gone on with after ${until}.`,
  );
}

function holderOf({ who, id }: Act): string {
  return `${who} ${id}`;
}
