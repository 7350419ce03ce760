// Loaded before the functions-framework's own command, in the process of one function: gives its bundle the time of
// the local cloud, which nothing in a bundle can be told.
import { createRequire, flushCompileCache } from "node:module";
import { openSharedClock } from "./shared-clock.ts";

const { CHAOS_CLOCK = "", CHAOS_BUNDLE = "" } = process.env;

const realNow = Date.now;
const { now } = openSharedClock(CHAOS_CLOCK);
// The bundle's clock takes hold of Date.now as it is loaded. Nothing else may see it: gRPC's deadlines are real time.
Date.now = now;
createRequire(CHAOS_BUNDLE)(CHAOS_BUNDLE);
Date.now = realNow;
// What is killed writes nothing at its end.
flushCompileCache();

// Whoever started it is gone: nobody would end it.
process.stdin.resume().on("close", () => process.exit());
