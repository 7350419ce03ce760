import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setLogSink } from "../../../shared/log.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import { HOUR_MS } from "../../../shared/values/durations.ts";
import { hostFunction, loadFunctions } from "../../plan/load-functions.ts";
import type { LocalRuntime } from "../../start/runtime.ts";
import { startRuntime } from "../../start/runtime.ts";

/**
 * Does a user whose every event fails slow anybody else down? A PulseCart in a process of its own, with an ordered
 * reaction that throws for some users; the time from the acceptance of an event to its handling, of the others,
 * with 50 of 2,000 such users and with none, in turn. Both times are taken in that process, by one clock.
 */
const USERS = 2_000;
const POISONED = 50;
/** The p99 of the others with poison, at most this many times what it is without. */
const MOST = 1.2;
const ROUNDS = 5;
const ROUND_SECONDS = 6;
/** Of what it can take: below saturation, where waiting shows what it is owed to. */
const SHARE_OF_CAPACITY = 0.6;
const AT_ONCE = 64;
const CAPACITY_EVENTS = 1_500;

type Ask = { ask: "reset"; poisoned: number } | { ask: "wait"; events: number } | { ask: "report" };
interface Answer {
  latenciesMs?: number[];
  failures?: number;
}

/** The user of a number, from 0; the first ones are those that may be poisoned. */
function userOf(number: number): string {
  return `usr_${number}`;
}

async function host(): Promise<void> {
  let poisoned = 0;
  let failures = 0;
  const acceptedMs = new Map<string, number>();
  const handledMs = new Map<string, number>();
  setLogSink((_severity, message, fields) => {
    const id = String(fields["event_id"]);
    if (message === "event.accepted") acceptedMs.set(id, performance.now());
    if (message !== "reaction.finished" || fields["reaction"] !== "poisoned") return;
    if (fields["outcome"] === "done" || isPoisonedEvent(id)) handledMs.set(id, performance.now());
    if (fields["outcome"] === "deferred") failures += 1;
  });
  const isPoisonedEvent = (id: string): boolean => Number(id.split("_")[1]) < POISONED;
  const runtime = await startRuntime({ port: 0, load: () => load(user => user < poisoned) });
  const answer = async (ask: Ask): Promise<Answer> => {
    if (ask.ask === "reset") {
      poisoned = 0;
      await heal(runtime);
      for (const times of [acceptedMs, handledMs]) times.clear();
      poisoned = ask.poisoned;
      failures = 0;
      return {};
    }
    if (ask.ask === "wait") {
      while (handledMs.size < ask.events) await delay(5);
      return {};
    }
    const others = [...acceptedMs].filter(([id]) => !isPoisonedEvent(id));
    return {
      failures,
      latenciesMs: others.map(([id, ms]) => Math.max((handledMs.get(id) ?? Infinity) - ms, 0)),
    };
  };
  process.on("message", (ask: Ask) => void answer(ask).then(said => process.send?.(said)));
  process.on("disconnect", () => process.exit());
  process.send?.({ url: runtime.url });
}

function load(isPoisoned: (user: number) => boolean) {
  return loadFunctions(["http/ingest.ts", "consumers/dead-letters.ts", "schedules/sweep.ts"]).then(
    functions => {
      const handle = reaction(
        "poisoned",
        {
          "user.signed_up": async ({ user_id }) => {
            if (isPoisoned(Number(user_id.split("_")[1]))) throw new Error("this user's events fail");
          },
        },
        { ordered: true },
      );
      return [...functions, hostFunction(handle)];
    },
  );
}

/** Nothing of a round may be left for the next one: what failed is tried again, and now succeeds. */
async function heal(runtime: LocalRuntime): Promise<void> {
  await runtime.settle();
  await runtime.advance(HOUR_MS / 6);
}

async function measure(): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ["host"], { execArgv: process.execArgv });
  try {
    const [{ url }] = (await once(child, "message")) as [{ url: string }];
    const perSecond = await capacityOf(child, url);
    const rate = Math.floor(perSecond * SHARE_OF_CAPACITY);
    process.stdout.write(`It takes ${Math.floor(perSecond)} events a second; sent are ${rate}.\n\n`);
    const p99s: Record<"none" | "poisoned", number[]> = { none: [], poisoned: [] };
    process.stdout.write("round  failing users  events  failed  p50 ms  p99 ms\n");
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const side of ["none", "poisoned"] as const) {
        const poisoned = side === "none" ? 0 : POISONED;
        const { latenciesMs = [], failures = 0 } = await roundOf(child, { url, rate, poisoned });
        const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
        p99s[side].push(p99);
        const cells = [round, poisoned, latenciesMs.length, failures, p50.toFixed(1), p99.toFixed(1)];
        process.stdout.write(
          `${cells.map((cell, at) => String(cell).padStart(WIDTHS[at] ?? 0)).join("  ")}\n`,
        );
      }
    }
    return verdict(quantile(p99s.none, 0.5), quantile(p99s.poisoned, 0.5));
  } finally {
    child.kill();
  }
}

const WIDTHS = [5, 13, 6, 6, 6, 6];

function verdict(none: number, poisoned: number): number {
  const ratio = poisoned / none;
  const isKept = ratio <= MOST;
  process.stdout.write(
    `\nmedian p99 of the others: ${none.toFixed(1)} ms without, ${poisoned.toFixed(1)} ms with ${POISONED} of ${USERS} users failing: ` +
      `${ratio.toFixed(2)} times, at most ${MOST}: ${isKept ? "ok" : "MISSED"}\n`,
  );
  return isKept ? 0 : 1;
}

async function asked(child: ChildProcess, ask: Ask): Promise<Answer> {
  const answer = once(child, "message");
  child.send(ask);
  const [said] = (await answer) as [Answer];
  return said;
}

/** Events handled in a second when nobody waits for anything; the first time only warms up. */
async function capacityOf(child: ChildProcess, url: string): Promise<number> {
  let perSecond = 0;
  for (const run of [0, 1]) {
    await asked(child, { ask: "reset", poisoned: 0 });
    const startMs = performance.now();
    const events = Array.from({ length: CAPACITY_EVENTS }, (_, n) => n).values();
    const send = async (): Promise<void> => {
      for (const n of events) await signUp(url, POISONED + (n % (USERS - POISONED)), `${run}_${n}`);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    await asked(child, { ask: "wait", events: CAPACITY_EVENTS });
    perSecond = CAPACITY_EVENTS / ((performance.now() - startMs) / 1000);
  }
  return perSecond;
}

/** Sends by the clock, whether answers come or not, as users do. */
async function roundOf(
  child: ChildProcess,
  { url, rate, poisoned }: { url: string; rate: number; poisoned: number },
): Promise<Answer> {
  await asked(child, { ask: "reset", poisoned });
  const startMs = performance.now();
  const count = rate * ROUND_SECONDS;
  const sent: Promise<void>[] = [];
  // A step that shares no divisor with the number of users visits each of them, far from the one before.
  const step = 1_237;
  for (let n = 0; n < count; n += 1) {
    const waitMs = startMs + (1000 * n) / rate - performance.now();
    if (waitMs > 1) await delay(waitMs);
    sent.push(signUp(url, (n * step) % USERS, `${poisoned}_${n}_${Math.floor(startMs)}`));
  }
  await Promise.all(sent);
  await asked(child, { ask: "wait", events: count });
  return asked(child, { ask: "report" });
}

async function signUp(url: string, user: number, name: string): Promise<void> {
  const answer = await fetch(`${url}/events/ingest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      event_type: "user.signed_up",
      event_id: `evt_${user}_${name}`,
      user_id: userOf(user),
      payload: { email: "somebody@example.com" },
    }),
  });
  await answer.body?.cancel();
  if (answer.status !== 202) throw new Error(`an event was answered ${answer.status}`);
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(Math.ceil(share * sorted.length), sorted.length) - 1] ?? Number.NaN;
}

if (process.argv[2] === "host") await host();
else process.exitCode = await measure();
