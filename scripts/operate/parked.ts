import { declarations } from "../plan/declarations.ts";
import { PARKED, parkedFlags } from "./parked-flags.ts";
import { checkReaction, runParked } from "./parked-run.ts";
import { runTool } from "./tool.ts";

await runTool({
  line: PARKED,
  read: parkedFlags,
  run: async (flags, io) => {
    if (flags.filter.reaction !== undefined) checkReaction(flags, await declarations());
    return runParked(flags, io);
  },
});
