import type { Timestamp } from "../../google/firestore.ts";
import type { Backorder, ShortProduct } from "../../rules/stock/stock-outlook.ts";

/** Quality of the recommendations: how often the orders of a day contain a recommended product. */
export interface RecommendationHits {
  /** Orders of users who had recommendations. */
  orders: number;
  /** Orders among them with one of the ten products recommended to their user. */
  hits: number;
  /** Orders among them with one of the ten most popular products. */
  popular_hits: number;
  /** Number of products recommended to any of these users. The most popular ones are ten at most. */
  shown: number;
  /** Number of products that any user likes. */
  products: number;
}

/** A repair by a closing. The repaired document and this record are one commit; records are kept permanently. */
export interface Repair {
  /** The closing: day and run. */
  closing: string;
  /** The repaired document or counter. */
  target: string;
  /** The value before, as JSON; null when there was none. */
  before: string;
  after: string;
  at_ms: number;
}

/** One number of a day that an operator reads first, and its usual value. */
export interface Headline {
  name: string;
  /** Null: nothing happened that could be counted. */
  value: number | null;
  /** Median of the same weekday in the eight weeks before. Null: no such day is closed. */
  usual: number | null;
}

/** The stock at the first closing of a day: products owed to customers, and products that sell out soon. */
export interface Outlook {
  /** Number of products with a stock below zero. */
  backordered_products: number;
  /** The products that miss most units. */
  backorders: Backorder[];
  /** The products with the shortest cover. */
  short: ShortProduct[];
}

export type FindingKind =
  | "archive"
  | "cart"
  | "contact"
  | "counter"
  | "hangs"
  | "late"
  | "money"
  | "never archived"
  | "never handled"
  | "open supplier order"
  | "order"
  | "rating"
  | "segment"
  | "shipment"
  | "stock"
  | "unknown effect";

/** A difference between a stored value and the value that the events determine. */
export interface Finding {
  kind: FindingKind;
  about: string;
  expected: number | string;
  found: number | string;
  /** The events that prove the difference, as producer and id. */
  events?: string[];
}

/** The findings of one page. */
export interface DayCloseFindings {
  /** The closing: day and run. */
  closing: string;
  findings: Finding[];
  expires_at: Timestamp;
}

/** The explained part of the day's money, and the open pairs. Covers the orders that the closing compared. */
export interface Coverage {
  /** The part of the money of orders whose documents agree, in percent, by currency. */
  money: { currency: string; percent: number }[];
  /** Clearing pairs of which one half is missing, by the day since which it is. */
  open: { pair: string; since: string; orders: number; currency: string; amount: number }[];
}

/** The report of a day, `reports/{day}`. Every closing of the day adds to it. */
export interface DayReport {
  day: string;
  cut_off_ms: number;
  /** The numbers as JSON: the same text in every closing. */
  numbers: string;
  /** The numbers to read first, beside their usual values at the first closing. */
  headlines: Headline[];
  outlook: Outlook;
  /** Findings of the first closing; a limited number of each kind. */
  findings: Finding[];
  /** Coverage of the first closing. Absent: an older version wrote the report. */
  coverage?: Coverage;
  /** Repairs of the first closing; a limited number. */
  repairs: Repair[];
  /** Result of the first closing; null when no user had recommendations. */
  hits?: RecommendationHits | null;
  /** Each closing with the hash of its numbers. */
  closings: { run: number; at_ms: number; numbers_hash: string }[];
}
