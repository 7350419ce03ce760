import * as v from "valibot";
import { id } from "../../events/define.ts";
import { LEDGER_RETENTION_MS } from "../../pipeline/records/ledger.ts";
import { DAY_MS, HOUR_MS } from "../../values/durations.ts";

/** The timer that looks through everything that is held about a person. */
export const ERASE_PERSON = "erase-person";

/**
 * The erasure of a person, a page at a time: which page is the next is all that has to be remembered, so it can stop
 * anywhere and go on, and looking through a page again changes nothing.
 */
export const erasePageData = v.object({
  user_id: id,
  /** Names the run: each asking is one. */
  asked_at_ms: v.number(),
  /** How often everything was looked through before. */
  pass: v.number(),
  /** Pages before this one, in this pass. */
  page: v.number(),
  step: v.picklist(["archive", "ledger", "effects", "commands", "more", "own"]),
  /** Whose events, entries and effects are looked through: the person, then some of their orders, some of their reviews. */
  kind: v.picklist(["person", "orders", "reviews"]),
  ids: v.array(id),
  /** The last document that was looked at in this step. */
  after: v.string(),
  /** The last order or review that was taken. */
  more_after: v.string(),
});

export type ErasePage = v.InferOutput<typeof erasePageData>;

/**
 * When everything is looked through, after the asking: what was under way then, was delivered late or waited for its
 * next try, may have left something behind. After the last one nothing can come any more: that is how long the
 * ledger remembers. Each is less than 30 days after the one before, the most Cloud Tasks waits.
 */
const PASSES_AFTER_MS = [0, DAY_MS, 8 * DAY_MS, 27 * DAY_MS, LEDGER_RETENTION_MS];

export interface ArmedPage {
  key: string;
  data: ErasePage;
}

/** The first page of an erasure that was asked for now. */
export function firstPage(userId: string, nowMs: number): ArmedPage {
  return armed(startOf({ user_id: userId, asked_at_ms: nowMs, pass: 0 }));
}

/** The longest ladder of tries is climbed by then: what could not be handled is parked, and keeps its event. */
const LOOK_AGAIN_AFTER_MS = 8 * HOUR_MS;

/** One more look, because something was heard of an erased person: once for all that is heard in an hour. */
export function lateLook(userId: string, nowMs: number): ArmedPage & { dueMs: number } {
  const asked_at_ms = nowMs - (nowMs % HOUR_MS);
  const lastPass = PASSES_AFTER_MS.length - 1;
  const page = armed(startOf({ user_id: userId, asked_at_ms, pass: lastPass }));
  return { ...page, dueMs: asked_at_ms + HOUR_MS + LOOK_AGAIN_AFTER_MS };
}

/** When the pass begins that comes after this one; undefined after the last. */
export function nextPass({
  user_id,
  asked_at_ms,
  pass,
}: ErasePage): (ArmedPage & { dueMs: number }) | undefined {
  const afterMs = PASSES_AFTER_MS[pass + 1];
  if (afterMs === undefined) return undefined;
  return { ...armed(startOf({ user_id, asked_at_ms, pass: pass + 1 })), dueMs: asked_at_ms + afterMs };
}

function startOf(run: Pick<ErasePage, "user_id" | "asked_at_ms" | "pass">): ErasePage {
  const first = { step: "archive", kind: "person", after: "", more_after: "" } as const;
  return { ...run, page: 0, ...first, ids: [run.user_id] };
}

/** The page as its timer is armed with it. */
export function armed(data: ErasePage): ArmedPage {
  const { user_id, asked_at_ms, pass, page } = data;
  return { key: `${user_id}.${asked_at_ms}.${pass}.${page}`, data };
}
