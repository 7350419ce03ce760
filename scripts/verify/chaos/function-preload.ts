// Preload of a function's process, before the functions-framework. A bundle has no option for another clock, so this file
// replaces Date.now while the bundle loads.
import { createRequire, flushCompileCache } from "node:module";
import { openSharedClock } from "./shared-clock.ts";

const { CHAOS_CLOCK = "", CHAOS_BUNDLE = "" } = process.env;

const realNow = Date.now;
const { now } = openSharedClock(CHAOS_CLOCK);
// The bundle's clock keeps the Date.now of its loading. Other code needs the real one: gRPC deadlines are real time.
Date.now = now;
createRequire(CHAOS_BUNDLE)(CHAOS_BUNDLE);
Date.now = realNow;
// A killed process writes no cache at its end, so write it now.
flushCompileCache();

// Without the parent, no other process would end this one.
process.stdin.resume().on("close", () => process.exit());
