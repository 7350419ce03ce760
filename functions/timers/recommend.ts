import { closePage } from "../../shared/day-close/close-page.ts";
import { pageTask, RECOMMEND } from "../../shared/day-close/closing/day-closing.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/** Runs the recommending parts of a closing, one page of users per task. This function owns recommendation.updated. */
export const recommend = timer(RECOMMEND, pageTask, closePage);
