import { setTimeout as delay } from "node:timers/promises";
import { declarations } from "../plan/declarations.ts";
import { REPLAY_HELP, replayFlags } from "./replay-flags.ts";
import { runReplay } from "./replay-run.ts";
import { runTool } from "./tool.ts";

/** How often a rebuild looks whether what it posted has been handled. */
const PAUSE_MS = 2_000;

await runTool({
  parse: replayFlags,
  help: REPLAY_HELP,
  run: async (flags, io) => {
    const context = {
      io,
      declarations: await declarations(),
      pause: () => delay(PAUSE_MS, undefined, { signal: io.signal }).catch(() => undefined),
    };
    return runReplay(flags, context);
  },
});
