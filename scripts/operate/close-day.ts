import { setTimeout as delay } from "node:timers/promises";
import { CLOSE_DAY_HELP, closeDayFlags } from "./close-day-flags.ts";
import { runCloseDay } from "./close-day-run.ts";
import { runTool } from "./tool.ts";

const PAUSE_MS = 500;

await runTool({
  parse: closeDayFlags,
  help: CLOSE_DAY_HELP,
  run: (flags, io) => {
    const pause = () => delay(PAUSE_MS, undefined, { signal: io.signal }).catch(() => undefined);
    return runCloseDay(flags, { io, pause });
  },
});
