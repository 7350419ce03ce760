import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child.ts";
import { startChild } from "./child.ts";
import { residentMemory } from "./resident-memory.ts";
import type { ReportedEvent } from "./shop-traffic.ts";
import { createShopTraffic } from "./shop-traffic.ts";

/** What a whole PulseCart needed for so many events: services and functions in one process, as `npm start` runs it. */
export interface EverythingUsed {
  events: number;
  /** From the first event to the answer to the last one. */
  acceptedPerSecond: number;
  /** From the first event until the last reaction to the last one is done. */
  handledPerSecond: number;
  startBytes: number;
  finalBytes: number;
  peakBytes: number;
}

const SENDERS = 128;
const LOOK_MS = 500;

/**
 * Starts it, sends the events through the ingest as fast as it takes them, and waits until everything is
 * delivered.
 * @throws Error when an event is not accepted, or one is not archived in the end
 */
export async function measureEverything(events: number): Promise<EverythingUsed> {
  const shop = await startChild("scripts/start/main.mjs", ["--port", "0"], /PulseCart is ready at (\S+)/);
  const memory = watchMemory(shop.pid);
  try {
    const startBytes = residentMemory(shop.pid).bytes;
    const startedMs = performance.now();
    await sendAll(shop, events);
    const acceptedPerSecond = perSecond(events, startedMs);
    await allDelivered(shop);
    const handledPerSecond = perSecond(events, startedMs);
    const { bytes: finalBytes } = residentMemory(shop.pid);
    return { events, acceptedPerSecond, handledPerSecond, startBytes, finalBytes, peakBytes: memory.peak() };
  } finally {
    memory.stop();
    await shop.close();
  }
}

function watchMemory(pid: number) {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, residentMemory(pid).peakBytes);
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    peak() {
      look();
      return peak;
    },
    stop: () => clearInterval(timer),
  };
}

async function sendAll({ ready: url }: Child, events: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const traffic = createShopTraffic(1);
  let left = events;
  const sendMany = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await send(`${url}/events/ingest`, agent, traffic.next());
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sendMany));
  agent.destroy();
}

function send(url: string, agent: Agent, event: ReportedEvent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      agent,
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    sending.on("error", reject);
    sending.on("response", response => {
      response.resume();
      if (response.statusCode === 202) response.on("end", resolve);
      else reject(new Error(`${event.event_type} was answered ${response.statusCode} instead of 202`));
    });
    sending.end(JSON.stringify(event));
  });
}

interface Status {
  undelivered: { undelivered: number }[];
}

/** It is asked again and again, because one request that waits for it all would run out of time. */
async function allDelivered({ ready: url }: Child): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${url}/__local/status`)).json()) as Status;
    if (status.undelivered.length === 0) break;
    await delay(LOOK_MS);
  }
  await fetch(`${url}/__local/settle`, { method: "POST" });
}

function perSecond(count: number, sinceMs: number): number {
  return (count * 1000) / (performance.now() - sinceMs);
}
