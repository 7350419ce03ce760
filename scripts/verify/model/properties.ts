import { ledgerMoves } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Model } from "./search.ts";
import type { Setting } from "./setting.ts";
import type { EventPart, World } from "./world.ts";
import { eventOf, ledgerIdOf, partOf } from "./world.ts";

type Invariant = Model<World>["always"][number];
type StepProperty = Model<World>["eachStep"][number];
type Goal = Model<World>["reaches"][number];

/** Returns the properties of the ledger and its lanes, each with the check that shows it. */
export function propertiesOf(setting: Setting): Pick<Model<World>, "always" | "eachStep" | "reaches"> {
  return {
    always: [...commitInvariants(setting), ...laneInvariants(setting)],
    eachStep: stepProperties(setting),
    reaches: goals(setting),
  };
}

function commitInvariants({ followUps, dedupe }: Setting): Invariant[] {
  const hasDedupeDocument = dedupe === "dedupe document";
  return [
    {
      name: "work is committed at most once",
      holds: ({ events }) => {
        const most = Math.max(...events.map(e => e.commits));
        return most <= 1 && (dedupe !== "business key" || total(events) <= 1);
      },
    },
    {
      name: "a done entry has its work committed and its follow-ups sent",
      holds: ({ events }) =>
        events.every(e => e.entry?.state !== "done" || (e.commits === 1 && e.sent === followUps)),
    },
    {
      name: "a follow-up is sent only after its work was committed",
      holds: ({ events }) => events.every(e => e.sent === 0 || e.commits === 1),
    },
    {
      name: "a waiting, skipped or dropped event was not committed",
      holds: ({ events }) =>
        hasDedupeDocument ||
        events.every(e => !e.entry || ["pending", "done"].includes(e.entry.state) || e.commits === 0),
    },
    {
      name: "an acknowledged message is recorded",
      holds: ({ events }) =>
        events.every(e => e.message !== "acked" || e.entry !== null || (hasDedupeDocument && e.hasDocument)),
    },
  ];
}

function laneInvariants(setting: Setting): Invariant[] {
  const { keys } = setting;
  return [
    {
      name: "a lane holds exactly the waiting events of its key",
      holds: world =>
        world.events.every(({ entry }, event) => {
          const waits = entry?.hasLane === true && ["queued", "deferred", "parked"].includes(entry.state);
          const places = placesOf(world, setting, event);
          return waits === places.some(place => eventOf(place.ledger_id) === event);
        }),
    },
    {
      name: "an event alone in its key is never queued",
      holds: ({ events }) =>
        events.every(
          ({ entry }, event) =>
            entry?.state !== "queued" || keys.filter(key => key === keys[event]).length > 1,
        ),
    },
    {
      name: "a lane agrees with its entries, is in publish order and is deleted when empty",
      holds: world => world.lanes.every(lane => !lane || isConsistent(lane, world)),
    },
  ];
}

function stepProperties({ ordered, keys, may }: Setting): StepProperty[] {
  return [
    {
      name: "every change of state is in the table",
      holds: (from, to) =>
        from.events.every((e, event) => isMove(e, partOf(to, event), { expires: may.includes("expire") })),
    },
    {
      name: "n grows with every failure and only then",
      holds: (from, to) =>
        from.events.every(({ entry: before }, event) => {
          const { entry: after } = partOf(to, event);
          if (!before || !after || before === after) return true;
          const failed = after.state === "deferred" || after.state === "parked";
          return failed ? after.n > before.n : after.n === before.n;
        }),
    },
    {
      name: "a parked event waits for its operator until its work is committed",
      holds: (_from, to) =>
        to.events.every(({ entry, wasParked }) => !wasParked || entry?.state !== "deferred"),
    },
    {
      name: "an ordered event is committed after all earlier events of its key",
      holds: (from, to) =>
        !ordered ||
        to.events.every((e, event) => {
          const before = from.events.filter((_, other) => other < event && keys[other] === keys[event]);
          return e.commits === partOf(from, event).commits || before.every(isOutOfTheWay);
        }),
    },
  ];
}

function goals(setting: Setting): Goal[] {
  const becomesIdle: Goal = {
    name: "the ledger becomes idle once failures stop",
    by: ["progress"],
    goal: world => isIdle(world, setting),
  };
  const canBeFinished: Goal = {
    name: "an operator can finish every waiting event",
    by: ["progress", "operator"],
    goal: world => isIdle(world, setting) && world.events.every(isOver),
  };
  return setting.may.includes("drop") ? [becomesIdle, canBeFinished] : [becomesIdle];
}

function total(events: readonly EventPart[]): number {
  return events.reduce((sum, { commits }) => sum + commits, 0);
}

function placesOf({ lanes }: World, { keys }: Setting, event: number) {
  return lanes[keys[event] ?? 0]?.places ?? [];
}

function isConsistent(lane: NonNullable<World["lanes"][number]>, world: World): boolean {
  const order = lane.places.map(place => eventOf(place.ledger_id));
  return (
    order.length > 0 &&
    order.every((event, i) => i === 0 || (order[i - 1] ?? 0) < event) &&
    lane.head_is_queued === lane.places[0]?.is_queued &&
    lane.places.every(place => {
      return (partOf(world, eventOf(place.ledger_id)).entry?.state === "queued") === place.is_queued;
    })
  );
}

function isMove(before: EventPart, after: EventPart, { expires }: { expires: boolean }): boolean {
  const from = before.entry?.state ?? "absent";
  const to = after.entry?.state;
  if (before.entry?.state === to && before.entry?.n === after.entry?.n) return true;
  if (to === undefined) return expires && ledgerMoves[from].length === 0;
  return ledgerMoves[from].includes(to);
}

/**
 * Tells whether a later event of the key may be committed.
 * A dead letter without an entry is out of the way as well: no order is promised for it.
 */
function isOutOfTheWay({ entry, message }: EventPart): boolean {
  if (!entry) return message === "dead" || message === "gone";
  return entry.state === "pending" || ledgerMoves[entry.state].length === 0;
}

function isOver({ entry, message, hasDocument }: EventPart): boolean {
  return entry ? ledgerMoves[entry.state].length === 0 : message === "gone" || hasDocument;
}

/**
 * Tells whether no handler runs and no task is queued.
 * Every event is over then, parked, or queued behind a parked one.
 */
function isIdle(world: World, setting: Setting): boolean {
  if (world.handlers.length > 0 || world.drainTasks.length > 0) return false;
  return world.events.every((e, event) => {
    if (e.message === "live" || e.message === "dead" || e.releases.length > 0) return false;
    if (isOver(e) || e.entry?.state === "parked") return true;
    const head = placesOf(world, setting, event)[0];
    return e.entry?.state === "queued" && head?.is_queued === false && isParked(world, head.ledger_id);
  });
}

function isParked({ events }: World, ledgerId: string): boolean {
  return events.some((e, event) => ledgerIdOf(event) === ledgerId && e.entry?.state === "parked");
}
