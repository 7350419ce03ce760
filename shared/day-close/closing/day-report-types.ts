import type { Timestamp } from "../../google/firestore.ts";

/** How what was recommended before a day met what was ordered on it, beside what is popular with everybody. */
export interface RecommendationHits {
  /** Orders of those to whom something was recommended. */
  orders: number;
  /** Those of them with something in it of the ten that were recommended to this user. */
  hits: number;
  /** Those with something in it of the ten most popular. */
  popular_hits: number;
  /** How many products were recommended to any of them; of the most popular it is ten at the most. */
  shown: number;
  /** How many products anybody likes. */
  products: number;
}

/** What a night has put right: written with the repair itself, only ever added to, kept for good. */
export interface Repair {
  /** The closing: day and run. */
  closing: string;
  /** The document, or what was put right. */
  target: string;
  /** As JSON; null: there was none. */
  before: string;
  after: string;
  at_ms: number;
}

export type FindingKind =
  | "contact"
  | "counter"
  | "hangs"
  | "money"
  | "never archived"
  | "never handled"
  | "rating"
  | "stock"
  | "unknown effect";

/** Something that is not as the events say it should be. */
export interface Finding {
  kind: FindingKind;
  about: string;
  expected: number | string;
  found: number | string;
  /** The events that show it, as producer and id. */
  events?: string[];
}

/** What a page found. */
export interface DayCloseFindings {
  /** The closing: day and run. */
  closing: string;
  findings: Finding[];
  expires_at: Timestamp;
}

/** What the closings of a day found, `reports/{day}`. */
export interface DayReport {
  day: string;
  cut_off_ms: number;
  /** As JSON: the same text in every closing. */
  numbers: string;
  /** Found at the first closing; of very many, some. */
  findings: Finding[];
  /** Put right at the first closing; of very many, some. */
  repairs: Repair[];
  /** Found out at the first closing; null where nobody had been recommended anything. */
  met?: RecommendationHits | null;
  /** Each closing, with the hash of the numbers it came to. */
  closings: { run: number; at_ms: number; numbers_hash: string }[];
}
