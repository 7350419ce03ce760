import { describe, expect, test } from "@jest/globals";
import { clock } from "../../shared/clock.ts";
import type { EventType } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { DAY_MS } from "../../shared/values/durations.ts";
import { newId } from "../../shared/values/ids.ts";
import { reportEvent } from "./report-event.ts";
import type { World } from "./worlds/world.ts";

/** Events for a reaction and their effect. Every id contains `name`, so each test runs the story under its own ids. */
export interface Story {
  reaction: string;
  /** The function of this shop that announces the events. Absent: another system reports them, where it may. */
  announcedBy?: string;
  /** Prepares the state before the events: commands, documents, other events. Absent: nothing to prepare. */
  given?(name: string): Promise<unknown>;
  /** Returns the events in the order in which they happened. */
  events(name: string): readonly ReportedEvent[];
  /** Reads the effect of the events, without ids and times: every run of the story must return the same value. */
  outcome(name: string): Promise<unknown>;
  /** Expected value of `outcome`. */
  expected: unknown;
}

type ReportedEvent = { event_type: EventType } & Record<string, unknown>;

const DAYS_LATE = 30;

/**
 * Adds the tests that every reaction has. The effect must be the same when the events arrive once,
 * repeatedly, concurrently, late and in every order. An unreadable message must not stop the events behind it.
 */
export function testDeliveries(world: () => World, story: Story): void {
  const { announcedBy } = story;
  const report = (events: readonly ReportedEvent[], copies = 1) =>
    reportEach(world(), events, { copies, announcedBy });
  const prepare = (run: string) => prepareRun(world(), story, run);
  const expectOutcome = async (name: string): Promise<void> =>
    expect(await story.outcome(name)).toEqual(story.expected);

  describe(`deliveries to ${story.reaction}`, () => {
    test("handles each event", async () => {
      const { name, events } = await prepare("once");
      await report(events);
      await expectOutcome(name);
    });

    test("handles each event once when copies arrive repeatedly and concurrently", async () => {
      const { name, events } = await prepare("again");
      await report(events, 4);
      await report(events);
      await expectOutcome(name);
    });

    test(`handles events that are ${DAYS_LATE} days old`, async () => {
      const { name, events } = await prepare("late");
      const timestamp = new Date(world().clock.now() - DAYS_LATE * DAY_MS).toISOString();
      await report(events.map(event => ({ ...event, timestamp })));
      await expectOutcome(name);
    });

    const orders = permutations(story.events("x").length).filter(order => !isAscending(order));
    if (orders.length > 0)
      test("reaches the same state in every order of arrival", async () => {
        for (const order of orders) {
          const { name, events } = await prepare(`order${order.join("")}`);
          await report(order.flatMap(index => events[index] ?? []));
          await expectOutcome(name);
        }
      });

    test("parks an unreadable message and handles the events behind it", async () => {
      const { name, events } = await prepare("unreadable");
      const unreadableId = `evt_unreadable_${name}`;
      await publishUnreadable(events[0]?.event_type, unreadableId);
      await report(events);
      await expectOutcome(name);
      const entries = await world().ledgerOf(story.reaction);
      const parked = entries.find(({ cause }) => cause.subject === unreadableId);
      expect(parked).toMatchObject({ state: "parked" });
    });
  });
}

/** Sends the events one after the other, each in several concurrent copies. */
async function reportEach(
  world: World,
  events: readonly ReportedEvent[],
  { copies, announcedBy }: { copies: number; announcedBy: string | undefined },
): Promise<void> {
  for (const event of events) {
    await Promise.all(Array.from({ length: copies }, () => reportEvent(world, event, announcedBy)));
    await world.settle();
  }
}

/** Prepares one run of a story: a new name, the state before, events with ids. */
async function prepareRun(
  world: World,
  story: Story,
  run: string,
): Promise<{ name: string; events: ReportedEvent[] }> {
  const name = `${run}_${newId("t", { nowMs: clock.now() }).slice(-8)}`;
  await story.given?.(name);
  await world.settle();
  const events = story.events(name).map((event, index) => ({ event_id: `evt_${name}_${index}`, ...event }));
  return { name, events };
}

/** Publishes a message whose attributes name an event of this type and whose body holds none. */
async function publishUnreadable(type: EventType | undefined, eventId: string): Promise<void> {
  if (type === undefined) throw new Error("story has no event: expected at least one");
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

/** Returns all orders of the numbers below `count`. */
function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap(rest =>
    Array.from({ length: count }, (_, place) => [...rest.slice(0, place), count - 1, ...rest.slice(place)]),
  );
}

function isAscending(order: readonly number[]): boolean {
  return order.every((index, place) => index === place);
}
