import * as v from "valibot";
import { id } from "../../events/define.ts";
import { LEDGER_RETENTION_MS } from "../../pipeline/records/ledger.ts";
import { DAY_MS, HOUR_MS } from "../../values/durations.ts";

/** The timer that removes the personal data of an erased person. */
export const ERASE_PERSON = "erase-person";

/**
 * Position of an erasure: the page that the timer handles next. No other state is stored, so an interrupted erasure
 * resumes at its page. A page may run twice: redacting a document again changes nothing.
 */
export const erasePageData = v.object({
  user_id: id,
  /** Time of the request, in milliseconds. Identifies the run: each request starts a run. */
  asked_at_ms: v.number(),
  /** Number of complete passes before this one. */
  pass: v.number(),
  /** Number of pages before this one, in this pass. */
  page: v.number(),
  /** Documents of this page. `more` finds further orders or reviews; `own` deletes copies and ends the pass. */
  step: v.picklist(["archive", "ledger", "effects", "commands", "more", "own"]),
  /** Kind of the ids below: the person, then pages of the person's orders, then pages of the reviews. */
  kind: v.picklist(["person", "orders", "reviews"]),
  /** Ids whose events, ledger entries and effects this page looks for. */
  ids: v.array(id),
  /** Id of the last document handled in this step; empty at its start. */
  after: v.string(),
  /** Id of the last order or review handled; empty at the start. */
  more_after: v.string(),
});

export type ErasePage = v.InferOutput<typeof erasePageData>;

/**
 * Start of each pass, in milliseconds after the request. Events in flight, delivered late or waiting for a retry may
 * store personal data after a pass. The last pass runs one ledger retention after the request, when no event can
 * arrive any more. Passes are less than 30 days apart, the longest delay of Cloud Tasks.
 */
const PASSES_AFTER_MS: readonly number[] = [0, DAY_MS, 8 * DAY_MS, 27 * DAY_MS, LEDGER_RETENTION_MS];

/** Returns the start of a pass in milliseconds; undefined when there is no such pass. */
export function passDueMs({ asked_at_ms, pass }: { asked_at_ms: number; pass: number }): number | undefined {
  const afterMs = PASSES_AFTER_MS[pass];
  return afterMs === undefined ? undefined : asked_at_ms + afterMs;
}

export interface ArmedPage {
  key: string;
  data: ErasePage;
}

/** Returns the first page of an erasure that is requested now. */
export function firstPage(userId: string, nowMs: number): ArmedPage {
  return armedPage(startOf({ user_id: userId, asked_at_ms: nowMs, pass: 0 }));
}

/** Delay of a late pass. All retries of an event are over by then; a parked event is kept and must be redacted. */
const LATE_PASS_AFTER_MS = 8 * HOUR_MS;

export const LAST_PASS = PASSES_AFTER_MS.length - 1;

/** Returns the start of this hour, which all late events of the hour share, and the time of their pass. */
export function lateHour(nowMs: number): { asked_at_ms: number; dueMs: number } {
  const asked_at_ms = nowMs - (nowMs % HOUR_MS);
  return { asked_at_ms, dueMs: asked_at_ms + HOUR_MS + LATE_PASS_AFTER_MS };
}

/** Returns one more pass for late events of an erased person; events of the same hour share one pass. */
export function latePass(userId: string, nowMs: number): ArmedPage & { dueMs: number } {
  const { asked_at_ms, dueMs } = lateHour(nowMs);
  const page = armedPage(startOf({ user_id: userId, asked_at_ms, pass: LAST_PASS }));
  return { ...page, dueMs };
}

/** Returns the pass after this one with its start; undefined after the last pass. */
export function nextPass({
  user_id,
  asked_at_ms,
  pass,
}: ErasePage): (ArmedPage & { dueMs: number }) | undefined {
  const next = { asked_at_ms, pass: pass + 1 };
  const dueMs = passDueMs(next);
  return dueMs === undefined ? undefined : { ...armedPage(startOf({ user_id, ...next })), dueMs };
}

function startOf(run: Pick<ErasePage, "user_id" | "asked_at_ms" | "pass">): ErasePage {
  const first = { step: "archive", kind: "person", after: "", more_after: "" } as const;
  return { ...run, page: 0, ...first, ids: [run.user_id] };
}

/** Returns the key and the data that arm the timer for a page. */
export function armedPage(data: ErasePage): ArmedPage {
  const { user_id, asked_at_ms, pass, page } = data;
  return { key: `${user_id}.${asked_at_ms}.${pass}.${page}`, data };
}
