import { closePage } from "../../shared/day-close/close-page.ts";
import { CLOSE_SHARD, closing } from "../../shared/day-close/closing/day-closing.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/** Closes a day: each task is one page of one of its parts, and arms the next in the same unit of work. */
export const closeShard = timer(CLOSE_SHARD, closing, closePage);
