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

/** A replay of archived events to one reaction. */
export interface Feed {
  reaction: string;
  selection: ArchiveSelection;
  /** The generation whose ledger says what was handled. */
  generation: number;
  to?: ReplayTo;
  perSecond: number;
}

/** How the events of a feed stand in the ledger. */
export interface Counts {
  /** Never handled. */
  absent: number;
  final: number;
  /** On their way by themselves. */
  moving: number;
  /** Waiting behind another one. */
  queued: number;
  /** Waiting for a person. */
  parked: number;
}

export const NO_COUNTS: Counts = { absent: 0, final: 0, moving: 0, queued: 0, parked: 0 };

/** Between two events of one subject, so that the first is handled when the second comes. */
const SUBJECT_GAP_MS = 1_000;

/** How many subjects' last times are remembered before those that have passed are forgotten. */
const MANY_SUBJECTS = 10_000;

/**
 * Posts the events of a feed, a hundred at a time, each at its time: at the rate asked for, and those of a subject
 * in their order. What the ledger knows already is passed by, unless it is to be applied again. Stopped or killed,
 * the next one goes on after the last hundred that was noted; what is posted twice has the same name.
 */
export async function feed(
  { reaction, selection, generation, to, perSecond }: Feed,
  { id, act, run: begun }: { id: string; act: Act; run: ReplayRun },
  { signal, onStep }: { signal: AbortSignal; onStep?: (run: ReplayRun, counts: Counts) => void },
): Promise<{ counts: Counts; stopped: boolean }> {
  let run = begun;
  let counts = NO_COUNTS;
  const slots = slotsAfter(run.last_due_ms, 1_000 / perSecond);
  for await (const page of archivedInOrder(selection, run.cursor)) {
    if (signal.aborted) return { counts, stopped: true };
    const standings = await standingsOf(reaction, generation, page);
    counts = counted(counts, standings);
    let posted = 0;
    for (const [index, archived] of page.entries()) {
      const way = wayOf(standings[index], { to, begunMs: run.until_ms });
      if (!way) continue;
      const dueMs = slots.next(archived.subject);
      await postReplay({ reaction, archived, dueMs, act: run.act, ...way });
      posted += 1;
    }
    const cursor = page.at(-1)?.place;
    run = {
      ...run,
      posted: run.posted + posted,
      last_due_ms: slots.last(),
      ...(cursor && { cursor }),
    };
    await noteRun(id, act, { run, nowMs: clock.now() });
    onStep?.(run, counts);
  }
  return { counts, stopped: false };
}

/** How archived events stand with a reaction, without posting anything. */
export async function lookThrough(
  { reaction, selection, generation }: Pick<Feed, "reaction" | "selection" | "generation">,
  onPage: (counts: Counts) => void = () => undefined,
): Promise<Counts> {
  let counts = NO_COUNTS;
  for await (const page of archivedInOrder(selection)) {
    counts = counted(counts, await standingsOf(reaction, generation, page));
    onPage(counts);
  }
  return counts;
}

type Standing = Pick<LedgerEntry, "state" | "changed_at_ms"> | undefined;

async function standingsOf(
  reaction: string,
  generation: number,
  page: readonly Archived[],
): Promise<Standing[]> {
  const refs = page.map(({ producer, event_id }) =>
    ledgerRef(ledgerIdIn(generation, ledgerId(reaction, { producer, id: event_id }))),
  );
  const documents = await firestore().getAll(...refs, { fieldMask: ["state", "changed_at_ms"] });
  return documents.map(document => document.data() as Standing);
}

/**
 * How an event is to be brought, if at all. One that was never handled is simply delivered: only under its own mark
 * can it not be counted twice. Applied again is what was handled before this act began, not what somebody dropped.
 */
function wayOf(
  standing: Standing,
  { to, begunMs }: { to: ReplayTo | undefined; begunMs: number },
): { to?: ReplayTo } | undefined {
  const isAgain = to !== undefined && "again" in to;
  if (standing === undefined) return isAgain || !to ? {} : { to };
  const isHandled = standing.state === "done" || standing.state === "skipped";
  return isAgain && isHandled && standing.changed_at_ms < begunMs ? { to } : undefined;
}

function counted(counts: Counts, standings: readonly Standing[]): Counts {
  const next = { ...counts };
  for (const standing of standings) next[kindOf(standing?.state)] += 1;
  return next;
}

function kindOf(state: LedgerState | undefined): keyof Counts {
  if (state === undefined) return "absent";
  if (state === "queued" || state === "parked") return state;
  return state === "pending" || state === "deferred" ? "moving" : "final";
}

/** Hands out due times: so many a second, and never two of one subject close together. */
function slotsAfter(lastDueMs: number, gapMs: number) {
  let at = Math.max(lastDueMs, clock.now());
  let latest = at;
  const bySubject = new Map<string, number>();
  return {
    next: (subject: string): number => {
      at += gapMs;
      const dueMs = Math.max(at, (bySubject.get(subject) ?? 0) + SUBJECT_GAP_MS);
      if (bySubject.size >= MANY_SUBJECTS) {
        for (const [other, passedMs] of bySubject)
          if (passedMs + SUBJECT_GAP_MS <= at) bySubject.delete(other);
      }
      bySubject.set(subject, dueMs);
      latest = Math.max(latest, dueMs);
      return Math.ceil(dueMs);
    },
    last: (): number => Math.max(at, latest),
  };
}
