// Runs a PulseCart in a process of its own for `permanent-errors.ts`. The parent says which users fail, and asks for
// latencies. One process takes both times of an event, so one clock measures them.
import { setTimeout as delay } from "node:timers/promises";
import { setLogSink } from "../../../shared/log.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";
import { hostFunction, loadFunctions } from "../../plan/load-functions.ts";
import type { LocalRuntime } from "../../start/runtime.ts";
import { startRuntime } from "../../start/runtime.ts";
import type { ShopAnswer, ShopRequest } from "./failing-users.ts";
import { mayFail } from "./failing-users.ts";

const REACTION = "failing";

/** Number of users whose events fail now. */
let failing = 0;
let failures = 0;
const acceptedMs = new Map<string, number>();
const handledMs = new Map<string, number>();

setLogSink((_severity, message, fields) => {
  const id = String(fields["event_id"]);
  if (message === "event.accepted") acceptedMs.set(id, performance.now());
  if (message !== "reaction.finished" || fields["reaction"] !== REACTION) return;
  if (fields["outcome"] === "done" || mayFail(id)) handledMs.set(id, performance.now());
  if (fields["outcome"] === "deferred") failures += 1;
});

const runtime = await startRuntime({ port: 0, load: loadShop });
process.on("message", (request: ShopRequest) => void answer(request).then(said => process.send?.(said)));
process.on("disconnect", () => process.exit());
process.send?.({ url: runtime.url });

async function loadShop(): Promise<HostedFunction[]> {
  const functions = await loadFunctions([
    "http/ingest.ts",
    "consumers/dead-letters.ts",
    "schedules/sweep.ts",
  ]);
  const handle = reaction(
    REACTION,
    {
      "user.signed_up": async ({ user_id }) => {
        if (Number(user_id.split("_")[1]) < failing) throw new Error("this user's events fail");
      },
    },
    { ordered: true },
  );
  return [...functions, hostFunction(handle)];
}

async function answer(request: ShopRequest): Promise<ShopAnswer> {
  if (request.ask === "reset") {
    failing = 0;
    await finishRetries(runtime);
    for (const times of [acceptedMs, handledMs]) times.clear();
    failing = request.failing;
    failures = 0;
    return {};
  }
  if (request.ask === "wait") {
    while (handledMs.size < request.events) await delay(5);
    return {};
  }
  const others = [...acceptedMs].filter(([id]) => !mayFail(id));
  const latenciesMs = others.map(([id, ms]) => Math.max((handledMs.get(id) ?? Infinity) - ms, 0));
  return { failures, latenciesMs };
}

/** Retries the failed events of a round, which now succeed, so that the next round starts without them. */
async function finishRetries(shop: LocalRuntime): Promise<void> {
  await shop.settle();
  await shop.advance(10 * MINUTE_MS);
}
