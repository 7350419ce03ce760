import { closePage } from "../../shared/day-close/close-page.ts";
import { closing, RECOMMEND } from "../../shared/day-close/closing/day-closing.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/** The part of the night that recommends, a page of users at a time: what it announces is its own. */
export const recommend = timer(RECOMMEND, closing, closePage);
