import { expect, test } from "@jest/globals";
import { clock } from "../../shared/clock.ts";
import type { EventType } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { newId } from "../../shared/values/ids.ts";
import type { World } from "./worlds/world.ts";

/** What a reaction hears and what comes of it. Every id in it contains `name`, so that a story can be told often. */
export interface Story {
  reaction: string;
  /** What there is before: commands, other events. */
  given?(name: string): Promise<unknown>;
  /** What is reported, in the order it happened: the event and its neighbours. */
  events(name: string): readonly ReportedEvent[];
  /** What the reaction has made of it, without ids and times: the same for every telling. */
  outcome(name: string): Promise<unknown>;
  /** What the outcome is. */
  expected: unknown;
}

type ReportedEvent = { event_type: EventType } & Record<string, unknown>;

const DAYS_LATE = 30;

/**
 * The tests every reaction has: its effect, and the same effect when its events are delivered again and again, late,
 * and in every order among themselves; and that what it can never handle stops nobody.
 */
export function testDeliveries(world: () => World, story: Story): void {
  const { reaction } = story;
  const tell = async (events: readonly ReportedEvent[], times = 1): Promise<void> => {
    for (const event of events) {
      const copies = Array.from({ length: times }, () => world().send("POST", "/events/ingest", event));
      expect((await Promise.all(copies)).map(({ status }) => status)).toEqual(copies.map(() => 202));
      await world().settle();
    }
  };
  const prepare = async (telling: string): Promise<{ name: string; events: ReportedEvent[] }> => {
    const name = `${telling}_${newId("t", { nowMs: clock.now() }).slice(-8)}`;
    await story.given?.(name);
    await world().settle();
    const events = story.events(name).map((event, index) => ({ event_id: `evt_${name}_${index}`, ...event }));
    return { name, events };
  };
  const comesOut = async (name: string): Promise<void> =>
    expect(await story.outcome(name)).toEqual(story.expected);

  test(`${reaction} does what it is there for`, async () => {
    const { name, events } = await prepare("once");
    await tell(events);
    await comesOut(name);
  });

  test(`${reaction} does it once when each event is delivered again and again, also at the same moment`, async () => {
    const { name, events } = await prepare("again");
    await tell(events, 4);
    await tell(events);
    await comesOut(name);
  });

  test(`${reaction} does the same when it hears of it ${DAYS_LATE} days late`, async () => {
    const { name, events } = await prepare("late");
    const timestamp = new Date(world().clock.now() - DAYS_LATE * 24 * 60 * 60_000).toISOString();
    await tell(events.map(event => ({ ...event, timestamp })));
    await comesOut(name);
  });

  const orders = permutations(story.events("x").length).slice(1);
  if (orders.length > 0)
    test(`${reaction} does the same whatever order its events arrive in`, async () => {
      for (const order of orders) {
        const { name, events } = await prepare(`order${order.join("")}`);
        await tell(order.flatMap(index => events[index] ?? []));
        await comesOut(name);
      }
    });

  test(`${reaction} parks what it can never handle and goes on`, async () => {
    const { name, events } = await prepare("poison");
    const poisonId = `evt_poison_${name}`;
    await publishUnreadable(events[0]?.event_type, poisonId);
    await tell(events);
    await comesOut(name);
    const entries = await world().ledgerOf(reaction);
    expect(entries.find(({ cause }) => cause.subject === poisonId)).toMatchObject({ state: "parked" });
  });
}

/** A message that says it is an event of this type and holds none. */
async function publishUnreadable(type: EventType | undefined, eventId: string): Promise<void> {
  if (type === undefined) throw new Error("A story needs an event.");
  const attributes = {
    event_type: type,
    event_id: eventId,
    subject: eventId,
    fingerprint: "f",
    producer: "ingest",
  };
  await (await pubsub())
    .topic(definitionOf(type).topic)
    .publishMessage({ data: Buffer.from("{}"), attributes });
}

function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap(rest =>
    Array.from({ length: count }, (_, place) => [...rest.slice(0, place), count - 1, ...rest.slice(place)]),
  );
}
