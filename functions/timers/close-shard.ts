import { closePage } from "../../shared/day-close/close-page.ts";
import { CLOSE_SHARD, pageTask } from "../../shared/day-close/closing/day-closing.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/** Runs one page of a day's closing, and arms the next page in the same unit of work. */
export const closeShard = timer(CLOSE_SHARD, pageTask, closePage);
