import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Firestore } from "@google-cloud/firestore";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Started } from "../test/worlds/started.ts";
import { startProcess } from "../test/worlds/started.ts";

/** Shorter than the default of two hours, so that the clock steps through fewer minutes. */
const ABANDON_AFTER_SECONDS = 600;
/** Enough senders that events are at every stage when the process is killed. */
const SENDERS = 20;
const ACCEPTED_BEFORE_KILL = 60;

process.env["METADATA_SERVER_DETECTION"] = "none";
process.env["ABANDON_AFTER_SECONDS"] = String(ABANDON_AFTER_SECONDS);

let folder: string;
let started: Started | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pulsecart-data-"));
});
afterEach(async () => {
  await started?.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<Started> {
  started = await startProcess(["--data", folder, ...args]);
  return started;
}

async function post(path: string, body: object = {}): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${started?.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

const cartItem = (id: string) => ({
  event_type: "cart.item_added",
  event_id: id,
  user_id: `usr_${id}`,
  session_id: `session_${id}`,
  payload: { product_id: "lamp", quantity: 1, unit_price: 5 },
});

async function status() {
  const answer = await fetch(`${started?.url}/__local/status`);
  return (await answer.json()) as { now: string; data: string; firestore: string; undelivered: object[] };
}

/** Returns the archived events as pairs of type and subject. */
async function archived(): Promise<string[]> {
  const { firestore } = await status();
  const db = new Firestore({ projectId: "demo-pulsecart", host: firestore, ssl: false });
  const { docs } = await db.collection("events").get();
  await db.terminate();
  return docs.map(document => `${document.get("event_type")} ${document.get("subject")}`);
}

/** Sends events until the process is killed. @returns the ids of the accepted events */
async function sendUntilKill(): Promise<string[]> {
  const accepted: string[] = [];
  let sent = 0;
  const sendInLoop = async (): Promise<void> => {
    for (;;) {
      sent += 1;
      const id = `burst_${sent}`;
      const answer = await post("/events/ingest", cartItem(id));
      if (answer.status !== 202) throw new Error(`answered ${answer.status}`);
      accepted.push(id);
      if (accepted.length === ACCEPTED_BEFORE_KILL) void started?.end("SIGKILL");
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: SENDERS }, sendInLoop));
  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => "rejected"));
  return accepted;
}

test("keeps accepted events, timers and the clock when killed", async () => {
  const first = await start("--port", "0");
  expect(first.output()).toContain(folder);
  await post("/events/ingest", cartItem("early"));
  await post("/__local/settle");
  await post("/__local/clock/advance", { seconds: ABANDON_AFTER_SECONDS / 2 });
  const movedTo = (await status()).now;
  const accepted = await sendUntilKill();
  expect(accepted.length).toBeGreaterThanOrEqual(ACCEPTED_BEFORE_KILL);

  const second = await start();
  expect(second.url).toBe(first.url);
  const resumed = await status();
  expect(resumed.data).toBe(folder);
  expect(Date.parse(resumed.now)).toBeGreaterThanOrEqual(Date.parse(movedTo));
  await post("/__local/settle");
  const items = (await archived()).filter(event => event.startsWith("cart.item_added"));
  expect(items).toEqual([...new Set(items)]);
  expect(items).toEqual(expect.arrayContaining(accepted.map(id => `cart.item_added usr_${id}`)));

  const abandoned = "cart.abandoned usr_early";
  expect(await archived()).not.toContain(abandoned);
  await post("/__local/clock/advance", { seconds: ABANDON_AFTER_SECONDS });
  expect((await archived()).filter(event => event === abandoned)).toHaveLength(1);
  expect((await status()).undelivered).toEqual([]);
  expect(await second.end("SIGTERM")).toBe(0);

  // A process that ended normally continues as well, and repeats nothing.
  await start();
  await post("/__local/settle");
  expect((await archived()).filter(event => event === abandoned)).toHaveLength(1);
});
