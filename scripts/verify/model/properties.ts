import { ledgerMoves } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Model } from "./search.ts";
import type { EventPart, Setting, World } from "./world.ts";
import { eventOf, ledgerIdOf, partOf } from "./world.ts";

/** What is promised of the ledger, in words, and how a state shows that it holds. */
export function propertiesOf(setting: Setting): Pick<Model<World>, "always" | "eachStep" | "reaches"> {
  const { followUps, mark, ordered, keys } = setting;
  const hasDedupeDocument = mark === "own mark";
  return {
    always: [
      {
        name: "work is committed at most once",
        holds: ({ events }) => {
          const most = Math.max(...events.map(e => e.applied));
          return most <= 1 && (mark !== "business key" || total(events) <= 1);
        },
      },
      {
        name: "done is what was committed and announced, and nothing else",
        holds: ({ events }) =>
          events.every(e => e.entry?.state !== "done" || (e.applied === 1 && e.sent === followUps)),
      },
      {
        name: "nothing is announced that was not committed",
        holds: ({ events }) => events.every(e => e.sent === 0 || e.applied === 1),
      },
      {
        name: "what waits, was skipped or was dropped was not committed",
        holds: ({ events }) =>
          hasDedupeDocument ||
          events.every(e => !e.entry || ["pending", "done"].includes(e.entry.state) || e.applied === 0),
      },
      {
        name: "acknowledged means recorded",
        holds: ({ events }) =>
          events.every(e => e.message !== "acked" || e.entry !== null || (hasDedupeDocument && e.marked)),
      },
      {
        name: "who waits is in the lane, and nobody else",
        holds: world =>
          world.events.every(({ entry }, of) => {
            const waits = entry?.hasLane === true && ["queued", "deferred", "parked"].includes(entry.state);
            return waits === placesOf(world, setting, of).some(place => eventOf(place.ledger_id) === of);
          }),
      },
      {
        name: "an event that has its key for itself waits for nobody",
        holds: ({ events }) =>
          events.every(
            ({ entry }, of) => entry?.state !== "queued" || keys.filter(key => key === keys[of]).length > 1,
          ),
      },
      {
        name: "a lane says what its events are, in the order they were published, and is gone when empty",
        holds: world => world.lanes.every(lane => !lane || isTrue(lane, world)),
      },
    ],
    eachStep: [
      {
        name: "every move is in the table",
        holds: (from, to) =>
          from.events.every((e, of) =>
            isMove(e, partOf(to, of), { expires: setting.may.includes("expire") }),
          ),
      },
      {
        name: "n only grows, with every failure",
        holds: (from, to) =>
          from.events.every(({ entry: before }, of) => {
            const { entry: after } = partOf(to, of);
            if (!before || !after || before === after) return true;
            const failed = after.state === "deferred" || after.state === "parked";
            return failed ? after.n > before.n : after.n === before.n;
          }),
      },
      {
        name: "an ordered event is committed after all before it",
        holds: (from, to) =>
          !ordered ||
          to.events.every((e, of) => {
            const before = from.events.filter((_, other) => other < of && keys[other] === keys[of]);
            return e.applied === partOf(from, of).applied || before.every(isOutOfTheWay);
          }),
      },
    ],
    reaches: [
      {
        name: "it comes to rest once nothing goes wrong any more",
        by: ["progress"],
        goal: world => isAtRest(world, setting),
      },
      ...(setting.may.includes("drop")
        ? [
            {
              name: "a person can end whatever waits",
              by: ["progress", "person"] as const,
              goal: (world: World) => isAtRest(world, setting) && world.events.every(isOver),
            },
          ]
        : []),
    ],
  };
}

function total(events: readonly EventPart[]): number {
  return events.reduce((sum, { applied }) => sum + applied, 0);
}

function placesOf({ lanes }: World, { keys }: Setting, of: number) {
  return lanes[keys[of] ?? 0]?.places ?? [];
}

function isTrue(lane: NonNullable<World["lanes"][number]>, world: World): boolean {
  const order = lane.places.map(place => eventOf(place.ledger_id));
  return (
    order.length > 0 &&
    order.every((of, i) => i === 0 || (order[i - 1] ?? 0) < of) &&
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

/** Over; or given up by Pub/Sub and not yet known to the ledger, for which no order is promised. */
function isOutOfTheWay({ entry, message }: EventPart): boolean {
  if (!entry) return message === "dead" || message === "gone";
  return entry.state === "pending" || ledgerMoves[entry.state].length === 0;
}

function isOver({ entry, message, marked }: EventPart): boolean {
  return entry ? ledgerMoves[entry.state].length === 0 : message === "gone" || marked;
}

/** Nothing is under way or posted, and what is not over waits for a person, or behind one who does. */
function isAtRest(world: World, setting: Setting): boolean {
  if (world.handlers.length > 0 || world.drains.length > 0) return false;
  return world.events.every((e, of) => {
    if (e.message === "live" || e.message === "dead" || e.releases.length > 0) return false;
    if (isOver(e) || e.entry?.state === "parked") return true;
    const head = placesOf(world, setting, of)[0];
    return e.entry?.state === "queued" && head?.is_queued === false && isParked(world, head.ledger_id);
  });
}

function isParked({ events }: World, ledgerId: string): boolean {
  return events.some((e, of) => ledgerIdOf(of) === ledgerId && e.entry?.state === "parked");
}
