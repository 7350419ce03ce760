import type { Work } from "../../pipeline/work.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import type { Closing, DayClosing } from "./day-closing.ts";
import type { Finding } from "./day-report-types.ts";

/** Where a page begins. */
export interface PageStart extends Closing {
  night: DayClosing;
  after: string;
}

/** What a page came to, and where the next one begins; undefined: it was the last. */
export interface PageDone {
  sums: Sums;
  findings?: Finding[];
  next: string | undefined;
}

/** Does one page of a part. It may run again: what it changes goes through the unit of work. */
export type Step = (page: PageStart, work: Work) => Promise<PageDone>;
