import { rollUpBrowseEvents } from "../../shared/analytics/browse/roll-up.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";

/**
 * Counts archived views and searches, each once, per day, product and search term. Each user's last views are stored as
 * well. The counters are five to six minutes behind the archive.
 */
export const rollUp = schedule("roll-up", "* * * * *", async () => ({ ...(await rollUpBrowseEvents()) }));
