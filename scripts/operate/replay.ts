import { setTimeout as delay } from "node:timers/promises";
import { declarations } from "../plan/declarations.ts";
import { REPLAY, replayFlags } from "./replay-flags.ts";
import { runReplay } from "./replay-run.ts";
import { runTool } from "./tool.ts";

/** Pause between two reads of the ledger during a rebuild. */
const POLL_MS = 2_000;

await runTool({
  line: REPLAY,
  read: replayFlags,
  run: async (flags, io) => {
    const context = {
      io,
      declarations: await declarations(),
      pause: () => delay(POLL_MS, undefined, { signal: io.signal }).catch(() => undefined),
    };
    return runReplay(flags, context);
  },
});
