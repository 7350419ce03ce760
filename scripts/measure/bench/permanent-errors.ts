import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ShopAnswer, ShopRequest } from "./failing-users.ts";
import { eventId, FAILING_USERS, USERS, userId } from "./failing-users.ts";

/**
 * Measures whether users with failing events slow other users down. A PulseCart in a process of its own runs an ordered
 * reaction that throws for some users. Rounds with 50 failing users of 2,000 and rounds without any take turns. The
 * result is the time from the acceptance of an event to its handling, for the other users.
 */

/** Upper bound: p99 with failing users as a multiple of p99 without. */
const MAX_RATIO = 1.2;
const ROUNDS = 5;
const ROUND_SECONDS = 6;
/** Sent rate as a part of the capacity. Below saturation, the latency shows the failing users and not the load. */
const SHARE_OF_CAPACITY = 0.6;
/** Parallel requests while the capacity is measured. */
const SENDERS = 64;
const CAPACITY_EVENTS = 1_500;
const HEADS = ["round", "failing users", "events", "failed", "p50 ms", "p99 ms"];

process.exitCode = await measure();

async function measure(): Promise<number> {
  const script = fileURLToPath(new URL("failing-shop.ts", import.meta.url));
  const shop = fork(script, [], { execArgv: process.execArgv });
  try {
    const [{ url }] = (await once(shop, "message")) as [{ url: string }];
    const perSecond = await capacityOf(shop, url);
    const rate = Math.floor(perSecond * SHARE_OF_CAPACITY);
    print(`Capacity: ${Math.floor(perSecond)} events per second. Sent rate: ${rate}.\n`);
    print(HEADS.join("  "));
    const p99s: Record<"none" | "failing", number[]> = { none: [], failing: [] };
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const side of ["none", "failing"] as const) {
        const failing = side === "none" ? 0 : FAILING_USERS;
        const { latenciesMs = [], failures = 0 } = await roundOf(shop, { url, rate, failing });
        const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
        p99s[side].push(p99);
        const cells = [round, failing, latenciesMs.length, failures, p50.toFixed(1), p99.toFixed(1)];
        print(cells.map((cell, at) => String(cell).padStart(HEADS[at]?.length ?? 0)).join("  "));
      }
    }
    return verdict(quantile(p99s.none, 0.5), quantile(p99s.failing, 0.5));
  } finally {
    shop.kill();
  }
}

/** Prints the result. @returns the exit code */
function verdict(none: number, failing: number): number {
  const ratio = failing / none;
  const isKept = ratio <= MAX_RATIO;
  print(
    `\nMedian p99 of the other users: ${none.toFixed(1)} ms without failing users, ` +
      `${failing.toFixed(1)} ms with ${FAILING_USERS} of ${USERS} failing. ` +
      `Ratio ${ratio.toFixed(2)}, bound <= ${MAX_RATIO}: ${isKept ? "yes" : "NO"}`,
  );
  return isKept ? 0 : 1;
}

async function ask(shop: ChildProcess, request: ShopRequest): Promise<ShopAnswer> {
  const answered = once(shop, "message");
  shop.send(request);
  const [answer] = (await answered) as [ShopAnswer];
  return answer;
}

/** Measures the events handled per second under full load. The first run only warms up. */
async function capacityOf(shop: ChildProcess, url: string): Promise<number> {
  let perSecond = 0;
  for (const run of [0, 1]) {
    await ask(shop, { ask: "reset", failing: 0 });
    const startMs = performance.now();
    const events = Array.from({ length: CAPACITY_EVENTS }, (_, n) => n).values();
    const send = async (): Promise<void> => {
      for (const n of events) await signUp(url, FAILING_USERS + (n % (USERS - FAILING_USERS)), `${run}_${n}`);
    };
    await Promise.all(Array.from({ length: SENDERS }, send));
    await ask(shop, { ask: "wait", events: CAPACITY_EVENTS });
    perSecond = CAPACITY_EVENTS / ((performance.now() - startMs) / 1000);
  }
  return perSecond;
}

/** Sends events at a fixed rate, without waiting for answers, like independent users. */
async function roundOf(
  shop: ChildProcess,
  { url, rate, failing }: { url: string; rate: number; failing: number },
): Promise<ShopAnswer> {
  await ask(shop, { ask: "reset", failing });
  const startMs = performance.now();
  const count = rate * ROUND_SECONDS;
  const sent: Promise<void>[] = [];
  // The step shares no divisor with the number of users, so it visits every user, far from the one before.
  const step = 1_237;
  for (let n = 0; n < count; n += 1) {
    const waitMs = startMs + (1000 * n) / rate - performance.now();
    if (waitMs > 1) await delay(waitMs);
    sent.push(signUp(url, (n * step) % USERS, `${failing}_${n}_${Math.floor(startMs)}`));
  }
  await Promise.all(sent);
  await ask(shop, { ask: "wait", events: count });
  return ask(shop, { ask: "report" });
}

async function signUp(url: string, user: number, name: string): Promise<void> {
  const answer = await fetch(`${url}/events/ingest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      event_type: "user.signed_up",
      event_id: eventId(user, name),
      user_id: userId(user),
      payload: { email: "user@example.com" },
    }),
  });
  await answer.body?.cancel();
  if (answer.status !== 202) throw new Error(`Event refused: expected status 202, got ${answer.status}`);
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(Math.ceil(share * sorted.length), sorted.length) - 1] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
