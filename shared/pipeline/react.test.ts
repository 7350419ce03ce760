import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { hostFunction, loadFunctions } from "../../scripts/local/load-functions.ts";
import type { World } from "../../scripts/test/world.ts";
import { startWorld } from "../../scripts/test/world.ts";
import { Poison, PublishUnconfirmed } from "../errors.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { collection } from "../google/firestore.ts";
import { pubsub } from "../google/pubsub.ts";
import { cloudTasks } from "../google/tasks.ts";
import { archivedEvents } from "./archived-event.ts";
import { RELEASES, releaseAt } from "./failure.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { reaction } from "./reaction.ts";
import { skip } from "./skip.ts";
import type { Work } from "./unit-of-work.ts";

interface Probe {
  times: number;
}
const probes = collection<Probe>("probes");
const claims = collection<{ by: string }>("claims");

/** What the probe does with a user's events, by user; without an entry it only counts them. */
const behaviours = new Map<
  string,
  (event: PulseCartEvent<"user.signed_up">, work: Work) => Promise<unknown>
>();

let world: World;
beforeAll(async () => {
  world = await startWorld({
    load: async () => {
      const functions = await loadFunctions([
        "ingest/ingest.ts",
        "reactions/archive.ts",
        "schedules/sweep.ts",
      ]);
      const probe = reaction("probe", {
        "user.signed_up": async (event, work) => {
          work.increment(probes, event.user_id, { times: 1 });
          const behave = behaviours.get(event.user_id);
          return (await behave?.(event, work)) as undefined;
        },
      });
      return [...functions, hostFunction(probe)];
    },
  });
});
afterAll(() => world.close());

function signUp(userId: string, fields: object = {}) {
  const payload = { email: `${userId}@example.com` };
  return world.send("POST", "/events/ingest", {
    event_type: "user.signed_up",
    user_id: userId,
    payload,
    ...fields,
  });
}

async function entriesOf(userId: string): Promise<(LedgerEntry & { id: string })[]> {
  return (await world.ledgerOf("probe")).filter(entry => entry.cause.subject === userId);
}

const timesOf = async (userId: string) => (await world.read(probes, userId))?.times;
const archived = async (subject: string) =>
  (await world.all(archivedEvents)).filter(e => e.subject === subject);
const announce = async (event: PulseCartEvent<"user.signed_up">, work: Work) => {
  const { user_id, order_id = "ord_1" } = { ...event, order_id: `ord_${event.user_id}` };
  work.emit({ event_type: "order.cancelled", user_id, order_id, payload: { reason: "a test" } });
};

test("does its work once when an event is delivered again and again, also at the same moment", async () => {
  await Promise.all([1, 2, 3, 4, 5].map(() => signUp("usr_twice", { event_id: "evt_twice" })));
  await world.settle();
  await signUp("usr_twice", { event_id: "evt_twice" });
  await world.settle();
  expect(await timesOf("usr_twice")).toBe(1);
  expect(await entriesOf("usr_twice")).toMatchObject([{ state: "done", n: 0 }]);
  expect(await archived("usr_twice")).toHaveLength(1);
});

test("publishes a follow-up under one id although the first try to publish it failed", async () => {
  behaviours.set("usr_relay", announce);
  const topic = (await pubsub()).topic("pulsecart.commerce-events");
  await topic.delete();
  await signUp("usr_relay");
  await until(async () => (await entriesOf("usr_relay"))[0]?.state === "pending");
  const [pending] = await entriesOf("usr_relay");
  await topic.create();
  const followUp = pending?.follow_ups?.[0];
  await world.advance(60_000); // the redelivery relays, and so does the sweep
  expect(await timesOf("usr_relay")).toBe(1);
  expect(await entriesOf("usr_relay")).toMatchObject([{ state: "done" }]);
  expect((await entriesOf("usr_relay"))[0]).not.toHaveProperty("follow_ups");
  expect(followUp).toMatchObject({ kind: "event", event_id: expect.stringMatching(/^evt_/) });
});

test("acknowledges an event that fails and tries it again by itself, while others go on", async () => {
  let fails = 2;
  behaviours.set("usr_flaky", async () => {
    if (fails-- > 0) throw new Error("the supplier is confused");
  });
  await signUp("usr_flaky");
  await signUp("usr_calm");
  await world.settle();
  expect(world.status().undelivered).toEqual([]);
  expect(await timesOf("usr_calm")).toBe(1);
  expect(await timesOf("usr_flaky")).toBeUndefined();
  expect(await entriesOf("usr_flaky")).toMatchObject([
    { state: "deferred", n: 1, reason: "Error: the supplier is confused" },
  ]);
  await world.advance(9_000);
  expect((await entriesOf("usr_flaky"))[0]?.n).toBe(1);
  await world.advance(1_500);
  expect((await entriesOf("usr_flaky"))[0]).toMatchObject({ state: "deferred", n: 2 });
  await world.advance(60_000);
  expect(await entriesOf("usr_flaky")).toMatchObject([{ state: "done" }]);
  expect(await timesOf("usr_flaky")).toBe(1);
});

test("parks an event for a person after its last automatic try", async () => {
  behaviours.set("usr_hopeless", async () => {
    throw new Error("never works");
  });
  await signUp("usr_hopeless");
  await world.advance(8 * 60 * 60_000);
  const [entry] = await entriesOf("usr_hopeless");
  expect(entry).toMatchObject({ state: "parked", n: 6, step: 6, reason: "Error: never works" });
  expect(JSON.parse(entry?.event ?? "")).toMatchObject({
    event_type: "user.signed_up",
    user_id: "usr_hopeless",
  });
  expect(await timesOf("usr_hopeless")).toBeUndefined();
});

test("parks poison at once", async () => {
  behaviours.set("usr_poison", async () => {
    throw new Poison("this can never be handled");
  });
  await signUp("usr_poison");
  await world.settle();
  expect(await entriesOf("usr_poison")).toMatchObject([{ state: "parked", n: 1 }]);
});

test("records why there was nothing to do, and writes nothing else", async () => {
  behaviours.set("usr_skip", async () => skip("nobody asked"));
  await signUp("usr_skip");
  await world.settle();
  expect(await entriesOf("usr_skip")).toMatchObject([{ state: "skipped", reason: "nobody asked" }]);
  expect(await timesOf("usr_skip")).toBeUndefined();
});

test("lets one of two events that claim the same thing do the work", async () => {
  behaviours.set("usr_claim", async (event, work) => work.create(claims, "the-one", { by: event.event_id }));
  await Promise.all([1, 2, 3].map(n => signUp("usr_claim", { event_id: `evt_claim_${n}` })));
  await world.settle();
  const states = (await entriesOf("usr_claim")).map(entry => entry.state).sort();
  expect(states).toEqual(["done", "skipped", "skipped"]);
  expect(await timesOf("usr_claim")).toBe(1);
});

test("keeps the first of two events with one id and parks the other beside it", async () => {
  await signUp("usr_conflict", { event_id: "evt_conflict" });
  await world.settle();
  await signUp("usr_conflict", { event_id: "evt_conflict", payload: { email: "other@example.com" } });
  await world.settle();
  expect(await timesOf("usr_conflict")).toBe(1);
  const entries = await entriesOf("usr_conflict");
  expect(entries.map(entry => entry.state).sort()).toEqual(["done", "parked"]);
  expect(await archived("usr_conflict")).toHaveLength(1);
});

test("parks an event that has another one's id, also when it fails", async () => {
  await signUp("usr_clash", { event_id: "evt_clash" });
  await world.settle();
  behaviours.set("usr_clash", async () => {
    throw new Error("never works");
  });
  await signUp("usr_clash", { event_id: "evt_clash", payload: { email: "other@example.com" } });
  await world.settle();
  expect((await entriesOf("usr_clash")).map(entry => entry.state).sort()).toEqual(["done", "parked"]);
});

test("does nothing for a release that comes late", async () => {
  let fails = 1;
  behaviours.set("usr_late", async () => {
    if (fails-- > 0) throw new Error("once");
  });
  await signUp("usr_late");
  await world.settle();
  const [entry] = await entriesOf("usr_late");
  const release = { ledgerId: entry?.id ?? "", reaction: "probe", dueMs: world.clock.now() };
  await releaseAt({ ...release, n: 7, poster: "a test: not yet" });
  await world.settle();
  expect((await entriesOf("usr_late"))[0]).toMatchObject({ state: "deferred", n: 1 });
  await world.advance(11_000);
  await releaseAt({ ...release, n: 1, poster: "a test: too late" });
  await world.settle();
  expect((await entriesOf("usr_late"))[0]).toMatchObject({ state: "done", n: 1 });
  expect(await timesOf("usr_late")).toBe(1);
});

test("tries a deferred event again although its release was lost", async () => {
  let fails = 1;
  behaviours.set("usr_lost", async () => {
    if (fails-- > 0) throw new Error("once");
  });
  await signUp("usr_lost");
  await world.settle();
  const tasks = await cloudTasks();
  await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", RELEASES) });
  await world.advance(60_000);
  expect((await entriesOf("usr_lost"))[0]).toMatchObject({ state: "deferred", n: 1 });
  await world.advance(2 * 60_000);
  expect((await entriesOf("usr_lost"))[0]).toMatchObject({ state: "done" });
});

test("takes Eventarc's CloudEvents, binary and structured, and its own pushes alike", async () => {
  const message = (event_id: string) => ({
    messageId: event_id,
    publishTime: new Date().toISOString(),
    attributes: { event_type: "user.signed_up" },
    data: Buffer.from(
      JSON.stringify({
        event_type: "user.signed_up",
        event_id,
        user_id: "usr_forms",
        timestamp: "2026-01-01T00:00:00.000Z",
        payload: { email: "a@example.com" },
        schema_version: 1,
        producer: "ingest",
        received_at: "2026-01-01T00:00:00.000Z",
        correlation_id: event_id,
      }),
    ).toString("base64"),
  });
  const cloudEvent = {
    specversion: "1.0",
    type: "google.cloud.pubsub.topic.v1.messagePublished",
    source: "//x",
    id: "1",
  };
  const ce = Object.fromEntries(Object.entries(cloudEvent).map(([name, value]) => [`ce-${name}`, value]));
  const forms = [
    [{ message: message("evt_push"), subscription: "s" }, {}],
    [{ message: message("evt_binary"), subscription: "s" }, ce],
    [
      { ...cloudEvent, data: { message: message("evt_structured") } },
      { "content-type": "application/cloudevents+json" },
    ],
  ] as const;
  for (const [body, headers] of forms) {
    const authorization = await world.authorization("probe");
    const answer = await world.send("POST", "/__local/functions/probe/", body, { authorization, ...headers });
    expect(answer.status).toBe(204);
  }
  expect(await timesOf("usr_forms")).toBe(3);
});

test("lets nobody in but the invoker, with a token made for this function", async () => {
  const path = "/__local/functions/probe/";
  const push = { message: { messageId: "1", data: "" } };
  expect((await world.send("POST", path, push)).status).toBe(401);
  const elsewhere = { authorization: await world.authorization("sweep") };
  expect((await world.send("POST", path, push, elsewhere)).status).toBe(401);
  const somebody = { authorization: await world.authorization("probe", "somebody@example.com") };
  expect((await world.send("POST", path, push, somebody)).status).toBe(403);
  const release = { ledger_id: "x", n: 1 };
  expect((await world.send("POST", `${path}release`, release)).status).toBe(401);
});

test("parks what is no event, without showing what it says", async () => {
  const topic = (await pubsub()).topic("pulsecart.user-actions");
  const attributes = { event_type: "user.signed_up", subject: "usr_broken" };
  await topic.publishMessage({
    data: Buffer.from('{"event_type": "user.signed_up", "secret": "'),
    attributes,
  });
  await topic.publishMessage({
    data: Buffer.from('{"event_type": "user.signed_up", "payload": {}}'),
    attributes,
  });
  await world.settle();
  const entries = await entriesOf("usr_broken");
  expect(entries.map(({ state }) => state)).toEqual(["parked", "parked"]);
  expect(entries.map(({ reason }) => reason).join()).not.toContain("secret");
});

test("leaves the message with Pub/Sub when the platform is in trouble", async () => {
  let troubled = true;
  behaviours.set("usr_trouble", async () => {
    if (troubled) throw new PublishUnconfirmed("down");
  });
  await signUp("usr_trouble");
  await until(async () =>
    world.lines.some(({ fields }) => fields["outcome"] === "refused" && fields["subject"] === "usr_trouble"),
  );
  expect(world.status().undelivered).toHaveLength(1);
  expect(await entriesOf("usr_trouble")).toEqual([]);
  troubled = false;
  await world.advance(15_000);
  expect(await entriesOf("usr_trouble")).toMatchObject([{ state: "done", n: 0 }]);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setImmediate(resolve));
}
