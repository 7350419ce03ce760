import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../../scripts/test/worlds/probe.ts";
import { kept, startProbe } from "../../../scripts/test/worlds/probe.ts";
import { PermanentError, PublishUnconfirmed } from "../../errors.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { collection } from "../../google/firestore.ts";
import { pubsub } from "../../google/pubsub.ts";
import { cloudTasks } from "../../google/tasks.ts";
import { RELEASES, releaseAt } from "../outbox/post-release.ts";
import { archivedEvents } from "../records/archived-event.ts";
import { skip } from "../skip.ts";
import type { Work } from "../work.ts";

const claims = collection<{ by: string }>("claims");

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const archived = async (subject: string) =>
  (await world.all(archivedEvents)).filter(e => e.subject === subject);
const announce = async (event: PulseCartEvent<"user.signed_up">, work: Work) => {
  const { user_id, order_id = "ord_1" } = { ...event, order_id: `ord_${event.user_id}` };
  work.emit({ event_type: "order.cancelled", user_id, order_id, payload: { reason: "a test" } });
};

describe("unit of work", () => {
  test("does the work once when an event is delivered five times", async () => {
    await Promise.all([1, 2, 3, 4, 5].map(() => world.signUp("usr_twice", { event_id: "evt_twice" })));
    await world.settle();
    await world.signUp("usr_twice", { event_id: "evt_twice" });
    await world.settle();
    expect(await world.timesOf("usr_twice")).toBe(1);
    expect(await world.entriesOf("usr_twice")).toMatchObject([{ state: "done", n: 0 }]);
    expect(await archived("usr_twice")).toHaveLength(1);
  });

  test("publishes a follow-up under one id after a failed publish", async () => {
    world.behaviours.set("usr_relay", announce);
    const topic = (await pubsub()).topic("pulsecart.commerce-events");
    await topic.delete();
    await world.signUp("usr_relay");
    await until(async () => (await world.entriesOf("usr_relay"))[0]?.state === "pending");
    const [pending] = await world.entriesOf("usr_relay");
    await topic.create();
    const followUp = pending?.follow_ups?.[0];
    await world.advance(60_000); // the redelivery relays, and so does the sweep
    expect(await world.timesOf("usr_relay")).toBe(1);
    expect(await world.entriesOf("usr_relay")).toMatchObject([{ state: "done" }]);
    expect((await world.entriesOf("usr_relay"))[0]).not.toHaveProperty("follow_ups");
    expect(followUp).toMatchObject({ kind: "event", event_id: expect.stringMatching(/^evt_/) });
  });

  test("records the reason of a skip and writes nothing else", async () => {
    world.behaviours.set("usr_skip", async () => skip("not requested"));
    await world.signUp("usr_skip");
    await world.settle();
    expect(await world.entriesOf("usr_skip")).toMatchObject([{ state: "skipped", reason: "not requested" }]);
    expect(await world.timesOf("usr_skip")).toBeUndefined();
  });

  test("does the work once when events share a business key", async () => {
    world.behaviours.set("usr_claim", async (event, work) =>
      work.create(claims, "the-one", { by: event.event_id }),
    );
    await Promise.all([1, 2, 3].map(n => world.signUp("usr_claim", { event_id: `evt_claim_${n}` })));
    await world.settle();
    const states = (await world.entriesOf("usr_claim")).map(entry => entry.state).sort();
    expect(states).toEqual(["done", "skipped", "skipped"]);
    expect(await world.timesOf("usr_claim")).toBe(1);
  });
});

describe("failed event", () => {
  test("defers a failed event while other events go on", async () => {
    let fails = 2;
    world.behaviours.set("usr_flaky", async () => {
      if (fails-- > 0) throw new Error("the supplier is confused");
    });
    await world.signUp("usr_flaky");
    await world.signUp("usr_calm");
    await world.settle();
    expect(world.status().undelivered).toEqual([]);
    expect(await world.timesOf("usr_calm")).toBe(1);
    expect(await world.timesOf("usr_flaky")).toBeUndefined();
    expect(await world.entriesOf("usr_flaky")).toMatchObject([
      { state: "deferred", n: 1, reason: "Error: the supplier is confused" },
    ]);
    await world.advance(9_000);
    expect((await world.entriesOf("usr_flaky"))[0]?.n).toBe(1);
    await world.advance(1_500);
    expect((await world.entriesOf("usr_flaky"))[0]).toMatchObject({ state: "deferred", n: 2 });
    await world.advance(60_000);
    expect(await world.entriesOf("usr_flaky")).toMatchObject([{ state: "done" }]);
    expect(await world.timesOf("usr_flaky")).toBe(1);
  });

  test("parks an event after its last automatic retry", async () => {
    world.behaviours.set("usr_hopeless", async () => {
      throw new Error("never works");
    });
    await world.signUp("usr_hopeless");
    await world.advanceUnswept(8 * 60 * 60_000);
    const [entry] = await world.entriesOf("usr_hopeless");
    expect(entry).toMatchObject({ state: "parked", n: 6, step: 6, reason: "Error: never works" });
    expect(JSON.parse(entry?.event ?? "")).toMatchObject({
      event_type: "user.signed_up",
      user_id: "usr_hopeless",
    });
    expect(await world.timesOf("usr_hopeless")).toBeUndefined();
  });

  test("parks an event at once after a permanent error", async () => {
    world.behaviours.set("usr_permanent", async () => {
      throw new PermanentError("this can never be handled");
    });
    await world.signUp("usr_permanent");
    await world.settle();
    expect(await world.entriesOf("usr_permanent")).toMatchObject([{ state: "parked", n: 1 }]);
  });

  test("parks an event that is too large to keep without its body", async () => {
    const published = { schema_version: 1, producer: "another-system", correlation_id: "c" };
    const at = { timestamp: "2026-01-01T00:00:00.000Z", received_at: "2026-01-01T00:00:00.000Z" };
    const payload = { email: "a@example.com", note: "x".repeat(1024 * 1024) };
    const event = { event_type: "user.signed_up", event_id: "evt_large", user_id: "usr_large", payload };
    world.behaviours.set("usr_large", async () => {
      throw new Error("not this one");
    });
    const data = Buffer.from(JSON.stringify({ ...event, ...published, ...at }));
    const topic = (await pubsub()).topic("pulsecart.user-actions");
    await topic.publishMessage({ data, attributes: { event_type: "user.signed_up", fingerprint: "f" } });
    await world.settle();
    const [entry] = await world.entriesOf("usr_large");
    expect(entry).toMatchObject({ state: "parked", reason: expect.stringContaining("too large to keep") });
    expect(entry).not.toHaveProperty("event");
  });

  test("refuses a message when the platform is in trouble", async () => {
    let troubled = true;
    world.behaviours.set("usr_trouble", async () => {
      if (troubled) throw new PublishUnconfirmed("down");
    });
    await world.signUp("usr_trouble");
    await until(async () =>
      world.lines.some(
        ({ fields }) => fields["outcome"] === "refused" && fields["subject"] === "usr_trouble",
      ),
    );
    expect(JSON.stringify(world.status().undelivered)).toContain("pulsecart.probe.");
    expect(await world.entriesOf("usr_trouble")).toEqual([]);
    troubled = false;
    await world.advance(15_000);
    expect(await world.entriesOf("usr_trouble")).toMatchObject([{ state: "done", n: 0 }]);
  });
});

describe("release", () => {
  test("ignores a release of another failure", async () => {
    let fails = 1;
    world.behaviours.set("usr_late", async () => {
      if (fails-- > 0) throw new Error("once");
    });
    await world.signUp("usr_late");
    await world.settle();
    const [entry] = await world.entriesOf("usr_late");
    const release = { ledgerId: entry?.id ?? "", reaction: "probe", dueMs: world.clock.now() };
    await releaseAt({ ...release, n: 7, poster: "a test: not yet" });
    await world.settle();
    expect((await world.entriesOf("usr_late"))[0]).toMatchObject({ state: "deferred", n: 1 });
    await world.advance(11_000);
    await releaseAt({ ...release, n: 1, poster: "a test: too late" });
    await world.settle();
    expect((await world.entriesOf("usr_late"))[0]).toMatchObject({ state: "done", n: 1 });
    expect(await world.timesOf("usr_late")).toBe(1);
  });

  test("retries a deferred event whose release was lost", async () => {
    let fails = 1;
    world.behaviours.set("usr_lost", async () => {
      if (fails-- > 0) throw new Error("once");
    });
    await world.signUp("usr_lost");
    await world.settle();
    const tasks = await cloudTasks();
    await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", RELEASES) });
    await world.advance(60_000);
    expect((await world.entriesOf("usr_lost"))[0]).toMatchObject({ state: "deferred", n: 1 });
    await world.advance(2 * 60_000);
    expect((await world.entriesOf("usr_lost"))[0]).toMatchObject({ state: "done" });
  });
});

describe("events with one id", () => {
  test("parks the second of two events with one id", async () => {
    await world.signUp("usr_conflict", { event_id: "evt_conflict" });
    await world.settle();
    await world.signUp("usr_conflict", { event_id: "evt_conflict", payload: { email: "other@example.com" } });
    await world.settle();
    expect(await world.timesOf("usr_conflict")).toBe(1);
    const entries = await world.entriesOf("usr_conflict");
    expect(entries.map(entry => entry.state).sort()).toEqual(["done", "parked"]);
    expect(await archived("usr_conflict")).toHaveLength(1);
  });

  test("parks a failing event that has another event's id", async () => {
    await world.signUp("usr_clash", { event_id: "evt_clash" });
    await world.settle();
    world.behaviours.set("usr_clash", async () => {
      throw new Error("never works");
    });
    await world.signUp("usr_clash", { event_id: "evt_clash", payload: { email: "other@example.com" } });
    await world.settle();
    expect((await world.entriesOf("usr_clash")).map(entry => entry.state).sort()).toEqual(["done", "parked"]);
  });

  test.each([
    ["the first", "a@example.com"],
    ["the other", "b@example.com"],
  ])("parks one of two events with one id when %s fails first", async (which, failing) => {
    const user = `usr_record_${which.replace(" ", "_")}`;
    let fails = 1;
    world.behaviours.set(`keeper ${user}`, async ({ payload }) => {
      if (payload.email === failing && fails-- > 0) throw new Error("once");
    });
    for (const email of ["a@example.com", "b@example.com"]) {
      await world.signUp(user, { event_id: `evt_${user}`, payload: { email } });
      await world.settle();
    }
    await world.advance(11_000);
    const entries = (await world.ledgerOf("keeper")).filter(({ cause }) => cause.subject === user);
    expect(entries).toMatchObject([
      { state: "parked", reason: expect.stringContaining("other content came first") },
    ]);
    const stays = failing === "a@example.com" ? "b@example.com" : "a@example.com";
    expect(await world.read(kept, `evt_${user}`)).toMatchObject({ email: stays });
  });
});

describe("unreadable message", () => {
  test("parks an unreadable message without repeating its content", async () => {
    const topic = (await pubsub()).topic("pulsecart.user-actions");
    const attributes = { event_type: "user.signed_up", subject: "usr_broken", fingerprint: "f" };
    await topic.publishMessage({
      data: Buffer.from('{"event_type": "user.signed_up", "secret": "'),
      attributes,
    });
    await topic.publishMessage({
      data: Buffer.from('{"event_type": "user.signed_up", "payload": {}}'),
      attributes,
    });
    await world.settle();
    const entries = await world.entriesOf("usr_broken");
    expect(entries.map(({ state }) => state)).toEqual(["parked", "parked"]);
    expect(entries.map(({ reason }) => reason).join()).not.toContain("secret");
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setImmediate(resolve));
}
