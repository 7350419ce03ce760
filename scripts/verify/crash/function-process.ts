// A process of its own for functions: it is started ahead of its use, told by its parent which functions it is to
// host, and killed at any moment.
import type { IncomingMessage } from "node:http";
import { flushCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { setClockSource } from "../../../shared/clock.ts";
import { firestore } from "../../../shared/google/firestore.ts";
import { pubsub } from "../../../shared/google/pubsub.ts";
import { cloudTasks } from "../../../shared/google/tasks.ts";
import { hostFunction } from "../../plan/load-functions.ts";
import { declarations } from "./functions.ts";

/** How far ahead of real time the parent's clock is, in milliseconds: on every request. */
const CLOCK_AHEAD = "x-clock-ahead-ms";

let aheadMs = 0;
setClockSource(() => Date.now() + aheadMs);

process.on("message", (name: string) => {
  const declare = declarations[name];
  if (!declare) throw new Error(`There is no function ${name}`);
  const { server } = hostFunction(declare());
  server.prependListener("request", ({ headers }: IncomingMessage) => {
    aheadMs = Number(headers[CLOCK_AHEAD] ?? aheadMs);
  });
  server.listen(0, "127.0.0.1", () => tell((server.address() as AddressInfo).port));
});

// Whoever started it is gone: nobody would end it.
process.once("disconnect", () => process.exit());

// The clients are loaded ahead, too: what is timed is the message's way and not the process' start.
await Promise.all([firestore(), pubsub(), cloudTasks()]);
// What is killed writes nothing at its end.
flushCompileCache();
tell("ready");

/** Whoever started it may have gone meanwhile. */
function tell(what: string | number): void {
  if (process.connected) process.send?.(what, () => undefined);
}
