import { declarations } from "../plan/declarations.ts";
import { PARKED_HELP, parkedFlags } from "./parked-flags.ts";
import { checkReaction, runParked } from "./parked-run.ts";
import { runTool } from "./tool.ts";

await runTool({
  parse: parkedFlags,
  help: PARKED_HELP,
  run: async (flags, io) => {
    if (flags.filter.reaction !== undefined) checkReaction(flags, await declarations());
    return runParked(flags, io);
  },
});
