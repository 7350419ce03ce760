// The main module of a function process. The parent starts the process ahead of its use and sends the names of the
// functions to host. The parent may kill the process at any moment.
import type { IncomingMessage } from "node:http";
import { flushCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { setClockSource } from "../../../../shared/clock.ts";
import { firestore } from "../../../../shared/google/firestore.ts";
import { pubsub } from "../../../../shared/google/pubsub.ts";
import { cloudTasks } from "../../../../shared/google/tasks.ts";
import { hostFunction } from "../../../plan/load-functions.ts";
import { declarations } from "./functions.ts";

/** Header of every request: the milliseconds by which the parent's clock is ahead of real time. */
const CLOCK_AHEAD = "x-clock-ahead-ms";

let aheadMs = 0;
setClockSource(() => Date.now() + aheadMs);

process.on("message", (name: string) => {
  const declare = declarations[name];
  if (!declare) {
    throw new Error(`Function unknown: expected ${Object.keys(declarations).join(", ")}, got ${name}`);
  }
  const { server } = hostFunction(declare());
  server.prependListener("request", ({ headers }: IncomingMessage) => {
    aheadMs = Number(headers[CLOCK_AHEAD] ?? aheadMs);
  });
  server.listen(0, "127.0.0.1", () => sendToParent((server.address() as AddressInfo).port));
});

// Without its parent, nothing else would end this process.
process.once("disconnect", () => process.exit());

// The clients load ahead as well, so the timed part is the message alone.
await Promise.all([firestore(), pubsub(), cloudTasks()]);
// A killed process writes no compile cache, so the cache is written now.
flushCompileCache();
sendToParent("ready");

/** Sends a message to the parent, unless the parent has ended meanwhile. */
function sendToParent(message: string | number): void {
  if (process.connected) process.send?.(message, () => undefined);
}
