import type { Work } from "../../pipeline/work.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import type { DayClosing, PageTask } from "./day-closing.ts";
import type { Finding } from "./day-report-types.ts";

/** The input of a page step: the task, its closing, and where the page begins. */
export interface PageInput extends PageTask {
  dayClosing: DayClosing;
  /** Start of this page; empty for the first page. */
  after: string;
  /** Sums of the part's pages before, since its last full chunk. A few sums never fill a chunk. */
  soFar: Sums;
}

/** The result of a page. */
export interface PageResult {
  /** Added to the part's sums. Absent: the part counts nothing. */
  sums?: Sums;
  findings?: Finding[];
  /** Start of the next page; undefined after the last page. */
  next: string | undefined;
}

/** Runs one page of a part. A retry runs the page again: every change goes through the unit of work. */
export type PageStep = (page: PageInput, work: Work) => Promise<PageResult>;
