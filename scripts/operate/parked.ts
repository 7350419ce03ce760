import { PARKED_HELP, parkedFlags } from "./parked-flags.ts";
import { runParked } from "./parked-run.ts";
import { runTool } from "./tool.ts";

await runTool({ parse: parkedFlags, help: PARKED_HELP, run: runParked });
