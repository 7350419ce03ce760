import { setTimeout as delay } from "node:timers/promises";
import { ERASE, eraseFlags } from "./erase-flags.ts";
import { runErase } from "./erase-run.ts";
import { runTool } from "./tool.ts";

/** Pause between two reads of the erasure's state. */
const POLL_MS = 500;

await runTool({
  line: ERASE,
  read: eraseFlags,
  run: (flags, io) => {
    const pause = () => delay(POLL_MS, undefined, { signal: io.signal }).catch(() => undefined);
    return runErase(flags, { io, pause });
  },
});
