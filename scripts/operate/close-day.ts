import { setTimeout as delay } from "node:timers/promises";
import { CLOSE_DAY, closeDayFlags } from "./close-day-flags.ts";
import { runCloseDay } from "./close-day-run.ts";
import { runTool } from "./tool.ts";

/** Pause between two reads of the closing's state. */
const POLL_MS = 500;

await runTool({
  line: CLOSE_DAY,
  read: closeDayFlags,
  run: (flags, io) => {
    const pause = () => delay(POLL_MS, undefined, { signal: io.signal }).catch(() => undefined);
    return runCloseDay(flags, { io, pause });
  },
});
