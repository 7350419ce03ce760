import { clock } from "../../../clock.ts";
import { firestore } from "../../../google/firestore.ts";
import type { Act } from "../../records/audit.ts";
import type { ReplayTo } from "../../records/generation.ts";
import { ledgerIdIn } from "../../records/generation.ts";
import { ledgerId, ledgerRef } from "../../records/ledger.ts";
import type { LedgerEntry } from "../../records/ledger-entry.ts";
import type { LedgerState } from "../../records/ledger-state.ts";
import { postReplay } from "./replay.ts";
import type { Archived, ArchiveSelection } from "./replay-archive.ts";
import { archivedInOrder } from "./replay-archive.ts";
import type { ReplayRun } from "./replay-run.ts";
import { noteRun } from "./replay-run.ts";
import { ReplaySlots } from "./replay-slots.ts";

/** A replay of archived events to one reaction. */
export interface Feed {
  reaction: string;
  selection: ArchiveSelection;
  /** The generation whose ledger entries tell which events were handled. */
  generation: number;
  /** Target of the events. Absent: an ordinary delivery. */
  to?: ReplayTo;
  perSecond: number;
}

/** Numbers of archived events by the state of their ledger entries. */
export interface Counts {
  /** Events without an entry: never handled. */
  absent: number;
  final: number;
  /** Pending and deferred events: the pipeline finishes them automatically. */
  moving: number;
  /** Events that wait in a lane. */
  queued: number;
  /** Events that wait for an operator. */
  parked: number;
}

export const NO_COUNTS: Counts = { absent: 0, final: 0, moving: 0, queued: 0, parked: 0 };

/**
 * Posts the events of a feed page by page, at the requested rate and in the order of each subject. Events with a ledger
 * entry are left out, unless the feed applies them again.
 *
 * After a stop or a crash the next feed continues behind the last saved page. Events that are posted twice have the same
 * task name.
 */
export async function feed(
  { reaction, selection, generation, to, perSecond }: Feed,
  { id, act, run: begun }: { id: string; act: Act; run: ReplayRun },
  { signal, onStep }: { signal: AbortSignal; onStep?: (run: ReplayRun, counts: Counts) => void },
): Promise<{ counts: Counts; stopped: boolean }> {
  let run = begun;
  let counts = NO_COUNTS;
  const slots = new ReplaySlots(run.last_due_ms, 1_000 / perSecond);
  for await (const page of archivedInOrder(selection, run.cursor)) {
    if (signal.aborted) return { counts, stopped: true };
    const handled = await handledOf(reaction, generation, page);
    counts = counted(counts, handled);
    let posted = 0;
    for (const [index, archived] of page.entries()) {
      const delivery = deliveryOf(handled[index], { to, begunMs: run.until_ms });
      if (!delivery) continue;
      const dueMs = slots.next(archived.subject);
      await postReplay({ reaction, archived, dueMs, act: run.act, ...delivery });
      posted += 1;
    }
    const cursor = page.at(-1)?.place ?? run.cursor;
    run = { ...run, posted: run.posted + posted, last_due_ms: slots.last(), cursor };
    await noteRun(id, act, { run, nowMs: clock.now() });
    onStep?.(run, counts);
  }
  return { counts, stopped: false };
}

/** Counts archived events by the state of their ledger entries, and posts nothing. */
export async function lookThrough(
  { reaction, selection, generation }: Pick<Feed, "reaction" | "selection" | "generation">,
  onPage: (counts: Counts) => void = () => undefined,
): Promise<Counts> {
  let counts = NO_COUNTS;
  for await (const page of archivedInOrder(selection)) {
    counts = counted(counts, await handledOf(reaction, generation, page));
    onPage(counts);
  }
  return counts;
}

/** The ledger entry of an archived event, as far as a replay needs it. Undefined: no entry. */
type Handled = Pick<LedgerEntry, "state" | "changed_at_ms"> | undefined;

async function handledOf(
  reaction: string,
  generation: number,
  page: readonly Archived[],
): Promise<Handled[]> {
  const refs = page.map(({ producer, event_id }) =>
    ledgerRef(ledgerIdIn(generation, ledgerId(reaction, { producer, id: event_id }))),
  );
  const documents = await firestore().getAll(...refs, { fieldMask: ["state", "changed_at_ms"] });
  return documents.map(document => document.data() as Handled);
}

/**
 * Decides how an event is delivered. An event without an entry is delivered as usual: only under its own entry it counts
 * once. `again` applies to events that were handled before this act began, never to dropped ones.
 * @returns undefined when the event is not delivered
 */
function deliveryOf(
  handled: Handled,
  { to, begunMs }: { to: ReplayTo | undefined; begunMs: number },
): { to?: ReplayTo } | undefined {
  const isAgain = to !== undefined && "again" in to;
  if (handled === undefined) return isAgain || !to ? {} : { to };
  const isHandled = handled.state === "done" || handled.state === "skipped";
  return isAgain && isHandled && handled.changed_at_ms < begunMs ? { to } : undefined;
}

function counted(counts: Counts, page: readonly Handled[]): Counts {
  const next = { ...counts };
  for (const handled of page) next[countOf(handled?.state)] += 1;
  return next;
}

function countOf(state: LedgerState | undefined): keyof Counts {
  if (state === undefined) return "absent";
  if (state === "queued" || state === "parked") return state;
  return state === "pending" || state === "deferred" ? "moving" : "final";
}
