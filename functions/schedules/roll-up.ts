import { rollUpBrowseEvents } from "../../shared/analytics/traffic/roll-up.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";

/**
 * Adds up views and searches from the archive, each once: what a day's were, of each product, of each term, and what
 * each user looked at last. It is some minutes behind the archive.
 */
export const rollUp = schedule("roll-up", "* * * * *", async () => ({ ...(await rollUpBrowseEvents()) }));
