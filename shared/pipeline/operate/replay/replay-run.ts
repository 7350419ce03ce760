import { collection, documentRef, inTransaction } from "../../../google/firestore.ts";
import { MINUTE_MS } from "../../../values/durations.ts";
import type { Act, AuditRecord } from "../../records/audit.ts";
import { isOnRecord, putOnRecord } from "../../records/audit.ts";
import type { ArchiveCursor } from "./replay-archive.ts";

/** The progress of a replay or rebuild. The same command, run again, continues here. */
export interface ReplayRun {
  act: string;
  reaction: string;
  /** End of the selection, in milliseconds: later events are left out. */
  until_ms: number;
  posted: number;
  /** Generation that a rebuild builds. Absent for a replay. */
  generation?: number;
  cursor?: ArchiveCursor;
  /** Due time of the last posted task, in milliseconds. */
  last_due_ms: number;
  /** Operator and act of the running process. Absent when no process runs. */
  holder?: string;
  /** End of the lock, in milliseconds: a killed process blocks others until then. */
  held_until_ms: number;
  finished_at_ms?: number;
}

export const replayRuns = collection<ReplayRun>("replays");

/** Duration of the lock, in milliseconds. Renewed with every page; before the first page a whole day's places are read. */
export const HOLD_MS = 5 * MINUTE_MS;

/** Another process runs this replay. */
export class HeldByAnother extends Error {
  override name = "HeldByAnother";
}

/**
 * Begins a replay, or continues a stopped one of the same id. Records the operator's act in the same transaction.
 * @throws HeldByAnother while another process runs the replay
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
 * Saves the progress of a replay. `ends` releases the lock: the replay is finished, or another process may continue it.
 * @throws HeldByAnother when the lock ran out and another process took over
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
      : { ...free, holder, held_until_ms: nowMs + HOLD_MS };
    transaction.set(documentRef(replayRuns, id), next);
  });
}

function refuseHeld(run: ReplayRun | undefined, act: Act): void {
  if (!run || run.holder === undefined || run.holder === holderOf(act)) return;
  if (run.held_until_ms <= act.nowMs) return;
  const until = new Date(run.held_until_ms).toISOString();
  throw new HeldByAnother(
    `${run.holder.split(" ")[0]} runs this replay. If that process was killed, run the command again after ${until}.`,
  );
}

function holderOf({ who, id }: Act): string {
  return `${who} ${id}`;
}
