import * as v from "valibot";
import type { Timestamp } from "../../google/firestore.ts";
import { collection } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { FactReport } from "../../rules/counting/daily-facts.ts";
import type { DayCloseFindings, DayReport } from "./day-report-types.ts";

/** The timer that closes a day, a page of one of its parts at a time. */
export const CLOSE_SHARD = "close-shard";
/** The timer that does the pages of one of them. */
export const RECOMMEND = "recommend";

/** The closing of a day, `dayClosings/{day}`: one after the other, each over the same events. */
export interface DayClosing {
  day: string;
  /** From 1: which closing of this day it is. */
  run: number;
  /** By Firestore's clock, of the first closing: what was archived before it is what every closing covers. */
  cut_off_ms: number;
  /** Into how many shards the day's events are parted. Its numbers do not depend on it. */
  shards: number;
  /** Events, facts or mails that are read at a time. */
  page_size: number;
  /** Whether it recommends: only the first closing of the latest day does. */
  recommends: boolean;
  /** The ids that part all users into shares. */
  user_borders: string[];
  /** What goes together is learned in so many buckets. */
  buckets: number;
  phase: number;
  /** The parts of the phase that are not done. */
  open: string[];
  started_at_ms: number;
  /** Null while it is under way. */
  closed_at_ms: number | null;
}

/** How far a part has come, and what it has added up since its last chunk. It is one unit of work's at a time. */
export interface DayClosePart {
  day: string;
  run: number;
  /** Which page is the next: a task of an earlier one comes too late. */
  page: number;
  /** Where the next page begins; empty: at the start. */
  after: string;
  /** Sums as JSON: as fields, each would be indexed. */
  sums: string;
  /** Full ones before it. */
  chunks: number;
  expires_at: Timestamp;
}

/** Sums that are not added to any more. */
export interface DayCloseChunk {
  sums: string;
  expires_at: Timestamp;
}

/** A fact that may be reported again under another event id: the earliest report is the one that counts. */
export interface CountedDayCloseFact extends FactReport {
  /** What it adds to the sums of its day, as JSON. */
  sums: string;
  /** Of an order: the cart it may have come from. */
  cart_id?: string;
}

export const dayClosings = collection<DayClosing>("dayClosings");
export const dayCloseParts = collection<DayClosePart>("day_close_parts");
export const dayCloseChunks = collection<DayCloseChunk>("day_close_chunks");
export const dayCloseFindings = collection<DayCloseFindings>("day_close_findings");
/** Something that booked events of the day are about: its books are compared after all of them were looked at. */
export interface DayCloseSubject {
  day: string;
  of: "order" | "user";
  id: string;
  expires_at: Timestamp;
}

export const dayCloseSubjects = collection<DayCloseSubject>("day_close_subjects");
export const dayCloseFacts = collection<CountedDayCloseFact>("day_close_facts");
export const dayReports = collection<DayReport>("reports");

const KINDS = [
  "archive",
  "mails",
  "segments",
  "hanging",
  "ratings",
  "stock",
  "likes",
  "facts",
  "handled",
  "books",
  "announced",
  "affinities",
  "counters",
  "report",
  "recommend",
] as const;

const part = v.object({ kind: v.picklist(KINDS), shard: v.number() });

export type Part = v.InferOutput<typeof part>;
export type PartKind = (typeof KINDS)[number];

/** What a task of the closing carries. Where its page begins is in the part. */
export const closing = v.object({ day: v.string(), run: v.number(), part, page: v.number() });

export type Closing = v.InferOutput<typeof closing>;

/** What is kept of a closing for whoever wants to know how a number came about is kept so long. */
export const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** The parts of each phase; a phase begins when all of the one before are done. None: it is over. */
export function partsOf(
  phase: number,
  { shards, recommends, user_borders }: Pick<DayClosing, "shards" | "recommends" | "user_borders">,
): Part[] {
  const each = (kind: PartKind): Part[] => Array.from({ length: shards }, (_, shard) => ({ kind, shard }));
  const once = (...kinds: PartKind[]): Part[] => kinds.map(kind => ({ kind, shard: 0 }));
  const also = (kind: PartKind): Part[] => (recommends ? once(kind) : []);
  const recommending = [...user_borders, ""].flatMap((_, shard) =>
    recommends ? [{ kind: "recommend" as const, shard }] : [],
  );
  if (phase === 0)
    return [
      ...each("archive"),
      ...once("mails", "segments", "hanging", "ratings", "stock"),
      ...also("likes"),
    ];
  if (phase === 1)
    return [
      ...each("facts"),
      ...each("handled"),
      ...each("books"),
      ...once("announced"),
      ...also("affinities"),
    ];
  if (phase === 2) return once("counters");
  return phase === 3 ? [...once("report"), ...recommending] : [];
}

export function partName({ kind, shard }: Part): string {
  return `${kind}.${shard}`;
}

/** Of one closing all have the same. */
export function closingId({ day, run }: Pick<Closing, "day" | "run">): string {
  return `${day}.${run}`;
}

export function partId({ day, run, part }: Pick<Closing, "day" | "run" | "part">): string {
  return `${day}.${run}.${partName(part)}`;
}

/** Has a page done, now; `again` tells it from an arming that was lost. */
export function armPage(call: Closing, work: Pick<Work, "timer" | "nowMs">, again = ""): void {
  const name = call.part.kind === "recommend" ? RECOMMEND : CLOSE_SHARD;
  work.timer(name, { key: `${partId(call)}.${call.page}${again}`, dueMs: work.nowMs, data: call });
}
