import * as v from "valibot";
import type { Timestamp } from "../../google/firestore.ts";
import { collection } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { FactReport } from "../../rules/counting/daily-facts.ts";
import type { CartMoment } from "../../rules/counting/recovery.ts";
import { DAY_MS } from "../../values/durations.ts";
import type { DayCloseFindings, DayReport } from "./day-report-types.ts";

/** The timer that closes a day, one page of one part per task. */
export const CLOSE_SHARD = "close-shard";
/** The timer that runs the pages of the `recommend` parts. */
export const RECOMMEND = "recommend";

/**
 * One closing of a day, `day_closings/{day}`. A later closing replaces the document of the earlier one and covers the
 * same events.
 */
export interface DayClosing {
  day: string;
  /** Number of this closing among those of the day, from 1. */
  run: number;
  /** Time of the first closing by Firestore's clock. Every closing covers the events archived before this time. */
  cut_off_ms: number;
  /** Number of shards that the day's events are split into. The numbers do not depend on it. */
  shards: number;
  /** Events, facts or mails per read. */
  page_size: number;
  /** True for the first closing of the latest day: only that one recommends. */
  recommends: boolean;
  /** The user ids that split all users into shares. */
  user_borders: string[];
  /** Number of buckets that the affinities are computed in. */
  buckets: number;
  phase: number;
  /** Names of the parts of this phase that are not done. */
  open: string[];
  started_at_ms: number;
  /** Null while the closing runs. */
  closed_at_ms: number | null;
}

/** Names one closing. */
export type ClosingKey = Pick<DayClosing, "day" | "run">;

/** Progress of one part, and its sums since the last full chunk. One unit of work at a time changes it. */
export interface PartProgress {
  day: string;
  run: number;
  /** Number of the next page. A task of an earlier page is late and changes nothing. */
  page: number;
  /** Start of the next page; empty for the first page. */
  after: string;
  /** The sums as JSON: Firestore would index every key if the sums were fields. */
  sums: string;
  /** Number of full chunks written before. */
  chunks: number;
  expires_at: Timestamp;
}

/** A completed chunk of sums. */
export interface DayCloseChunk {
  sums: string;
  expires_at: Timestamp;
}

/** A fact that may be reported again under another event id. The earliest report counts. */
export interface CountedDayCloseFact extends FactReport {
  /** The fact's share of its day's sums, as JSON. */
  sums: string;
  /** The cart of an abandonment or an order. Absent: the order names none, or the fact is about something else. */
  cart_id?: string;
  /** The products that were abandoned or ordered. */
  products?: string[];
  is?: CartMoment["is"];
}

/**
 * An order or a user that events of the day name. Its documents are compared after all events of the day were read.
 */
export interface DayCloseSubject {
  day: string;
  of: "order" | "user" | "cart";
  id: string;
  expires_at: Timestamp;
}

export const dayClosings = collection<DayClosing>("day_closings");
export const dayCloseParts = collection<PartProgress>("day_close_parts");
export const dayCloseChunks = collection<DayCloseChunk>("day_close_chunks");
export const dayCloseFindings = collection<DayCloseFindings>("day_close_findings");
export const dayCloseSubjects = collection<DayCloseSubject>("day_close_subjects");
export const dayCloseFacts = collection<CountedDayCloseFact>("day_close_facts");
export const dayReports = collection<DayReport>("reports");

const PART_KINDS = [
  "archive",
  "mails",
  "segments",
  "hanging",
  "ratings",
  "documents",
  "receipts",
  "late",
  "likes",
  "facts",
  "handled",
  "subjects",
  "announced",
  "affinities",
  "counters",
  "stock",
  "report",
  "recommend",
  "terms",
] as const;

const part = v.object({ kind: v.picklist(PART_KINDS), shard: v.number() });

/** One part of a closing: a kind of work, and the shard that it covers. Kinds without shards have the shard 0. */
export type DayClosePart = v.InferOutput<typeof part>;
export type PartKind = (typeof PART_KINDS)[number];

/** The payload of a task of the closing: one page of one part. The part's progress says where the page begins. */
export const pageTask = v.object({ day: v.string(), run: v.number(), part, page: v.number() });

export type PageTask = v.InferOutput<typeof pageTask>;

/** Retention of a closing's working documents: 30 days, to trace a number of the report. */
export const CLOSING_KEPT_MS = 30 * DAY_MS;

/**
 * Lists the parts of a phase. A phase begins when all parts of the phase before are done.
 * @returns no parts when the closing has no such phase: then the closing is over
 */
export function partsOf(
  phase: number,
  { shards, recommends, user_borders }: Pick<DayClosing, "shards" | "recommends" | "user_borders">,
): DayClosePart[] {
  const each = (kind: PartKind): DayClosePart[] =>
    Array.from({ length: shards }, (_, shard) => ({ kind, shard }));
  const once = (...kinds: PartKind[]): DayClosePart[] => kinds.map(kind => ({ kind, shard: 0 }));
  const also = (kind: PartKind): DayClosePart[] => (recommends ? once(kind) : []);
  const recommending = [...user_borders, ""].flatMap((_, shard) =>
    recommends ? [{ kind: "recommend" as const, shard }] : [],
  );
  if (phase === 0)
    return [
      ...each("archive"),
      ...once("mails", "segments", "hanging", "ratings", "documents", "receipts", "late"),
      ...also("likes"),
    ];
  if (phase === 1)
    return [
      ...each("facts"),
      ...each("handled"),
      ...each("subjects"),
      ...once("announced"),
      ...also("affinities"),
    ];
  if (phase === 2) return once("counters", "stock");
  if (phase === 3) return [...once("report"), ...recommending];
  return phase === 4 ? each("terms") : [];
}

export function partName({ kind, shard }: DayClosePart): string {
  return `${kind}.${shard}`;
}

/** Returns the id that all documents of one closing share. */
export function closingId({ day, run }: ClosingKey): string {
  return `${day}.${run}`;
}

export function partId({ day, run, part }: Pick<PageTask, "day" | "run" | "part">): string {
  return `${day}.${run}.${partName(part)}`;
}

/**
 * Arms the timer that runs a page at once.
 * @param again suffix of the timer's key; a task posted again needs a key that was not used before
 */
export function armPage(task: PageTask, work: Pick<Work, "timer" | "nowMs">, again = ""): void {
  const name = task.part.kind === "recommend" ? RECOMMEND : CLOSE_SHARD;
  work.timer(name, { key: `${partId(task)}.${task.page}${again}`, dueMs: work.nowMs, data: task });
}
