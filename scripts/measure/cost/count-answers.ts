import type { IncomingMessage, ServerResponse } from "node:http";
import type { HostedFunction } from "../../plan/load-functions.ts";
import type { Tally } from "./tally.ts";

/** https://cloud.google.com/run/pricing: "rounded up to the nearest 100 millisecond". */
const BILLED_STEP_MS = 100;

/** Counts the requests that a function answers from now on, with their senders and durations. */
export function countAnswers({ declaration: { name }, server }: HostedFunction, tally: Tally): void {
  server.prependListener("request", ({ headers }: IncomingMessage, response: ServerResponse) => {
    const beganMs = performance.now();
    const queue = headers["x-cloudtasks-queuename"];
    if (typeof queue === "string") tally.add("tasks dispatched", queue, 1);
    tally.add("invocations", name, 1);
    response.once("close", () => {
      const ms = performance.now() - beganMs;
      tally.add("milliseconds answering", name, ms);
      tally.add("milliseconds billed", name, Math.ceil(ms / BILLED_STEP_MS) * BILLED_STEP_MS);
    });
  });
}
