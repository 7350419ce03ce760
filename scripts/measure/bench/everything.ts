import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./child.ts";
import { startChild } from "./child.ts";
import { residentMemory } from "./resident-memory.ts";
import type { ReportedEvent } from "./shop-traffic.ts";
import { createShopTraffic } from "./shop-traffic.ts";

/** Speed and memory of a whole PulseCart: services and functions in one process, like `npm start`. */
export interface EverythingUsed {
  events: number;
  /** Rate between the first event and the answer to the last one. */
  acceptedPerSecond: number;
  /** Rate between the first event and the end of the last reaction. */
  handledPerSecond: number;
  startBytes: number;
  finalBytes: number;
  peakBytes: number;
}

const SENDERS = 128;
const POLL_MS = 500;

/**
 * Starts a PulseCart, sends events as fast as ingest accepts them, and waits until all are delivered.
 * @throws Error when ingest does not accept an event
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
  const sample = () => {
    peak = Math.max(peak, residentMemory(pid).peakBytes);
  };
  const timer = setInterval(sample, POLL_MS);
  return {
    peak() {
      sample();
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
      else reject(new Error(`${event.event_type} refused: expected status 202, got ${response.statusCode}`));
    });
    sending.end(JSON.stringify(event));
  });
}

interface Status {
  undelivered: { undelivered: number }[];
}

/** Waits until no message is undelivered. One waiting request would run into its timeout, so the status is polled. */
async function allDelivered({ ready: url }: Child): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${url}/__local/status`)).json()) as Status;
    if (status.undelivered.length === 0) break;
    await delay(POLL_MS);
  }
  await fetch(`${url}/__local/settle`, { method: "POST" });
}

function perSecond(count: number, sinceMs: number): number {
  return (count * 1000) / (performance.now() - sinceMs);
}
