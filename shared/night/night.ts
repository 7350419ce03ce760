import * as v from "valibot";
import type { Timestamp } from "../google/firestore.ts";
import { collection } from "../google/firestore.ts";
import type { Report } from "../rules/daily-facts.ts";

/** The timer that closes a day, a page of one of its parts at a time. */
export const CLOSE_SHARD = "close-shard";

/** The closing of a day, `nights/{day}`: one after the other, each over the same events. */
export interface Night {
  day: string;
  /** From 1: which closing of this day it is. */
  run: number;
  /** By Firestore's clock, of the first closing: what was archived before it is what every closing covers. */
  cut_off_ms: number;
  /** Into how many shards the day's events are parted. Its numbers do not depend on it. */
  shards: number;
  phase: number;
  /** The parts of the phase that are not done. */
  open: string[];
  started_at_ms: number;
  /** Null while it is under way. */
  closed_at_ms: number | null;
}

/** How far a part has come, and what it has added up since its last chunk. It is one unit of work's at a time. */
export interface NightPart {
  day: string;
  run: number;
  /** Where the next page begins; empty: at the start. */
  after: string;
  /** Sums as JSON: as fields, each would be indexed. */
  sums: string;
  /** Full ones before it. */
  chunks: number;
  expires_at: Timestamp;
}

/** Sums that are not added to any more. */
export interface NightChunk {
  sums: string;
  expires_at: Timestamp;
}

/** A fact that may be reported again under another event id: the earliest report is the one that counts. */
export interface CountedNightFact extends Report {
  /** What it adds to the sums of its day, as JSON. */
  sums: string;
  /** Of an order: the cart it may have come from. */
  cart_id?: string;
}

/** Something that is not as the events say it should be. */
export interface Finding {
  kind: "counter";
  about: string;
  expected: number;
  found: number;
}

/** What the closings of a day found, `reports/{day}`. */
export interface DayReport {
  day: string;
  cut_off_ms: number;
  /** As JSON: the same text in every closing. */
  numbers: string;
  /** Found at the first closing. */
  findings: Finding[];
  /** Each closing, with the hash of the numbers it came to. */
  closings: { run: number; at_ms: number; numbers_hash: string }[];
}

export const nights = collection<Night>("nights");
export const nightParts = collection<NightPart>("night_parts");
export const nightChunks = collection<NightChunk>("night_chunks");
export const nightFacts = collection<CountedNightFact>("night_facts");
export const dayReports = collection<DayReport>("reports");

const KINDS = ["archive", "mails", "segments", "facts", "report"] as const;

const part = v.object({ kind: v.picklist(KINDS), shard: v.number() });

export type Part = v.InferOutput<typeof part>;
export type PartKind = (typeof KINDS)[number];

/** What a task of the closing carries. Which page it is only names the task: where it begins is in the part. */
export const closing = v.object({ day: v.string(), run: v.number(), part, page: v.number() });

export type Closing = v.InferOutput<typeof closing>;

/** The parts of each phase; a phase begins when all of the one before are done. */
export function partsOf(phase: number, shards: number): Part[] {
  const each = (kind: PartKind): Part[] => Array.from({ length: shards }, (_, shard) => ({ kind, shard }));
  const one = (kind: PartKind): Part => ({ kind, shard: 0 });
  const phases = [() => [...each("archive"), one("mails"), one("segments")], () => each("facts")];
  return phases[phase]?.() ?? (phase === phases.length ? [one("report")] : []);
}

export function partName({ kind, shard }: Part): string {
  return `${kind}.${shard}`;
}

export function partId({ day, run, part }: Pick<Closing, "day" | "run" | "part">): string {
  return `${day}.${run}.${partName(part)}`;
}

/** The arming of a page's timer. */
export function armedPage(call: Closing, nowMs: number): { key: string; dueMs: number; data: Closing } {
  return { key: `${partId(call)}.${call.page}`, dueMs: nowMs, data: call };
}
