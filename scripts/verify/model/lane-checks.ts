import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import { ledgerModel } from "./ledger-model.ts";
import type { Guard, Setting } from "./setting.ts";

/** Three events of one key, for an ordered reaction: one event runs after the other. */
const three: Setting = {
  name: "lane: three events, the first two fail",
  keys: [0, 0, 0],
  ordered: true,
  dedupe: "entry",
  followUps: 0,
  handlers: 2,
  tries: 1,
  eventsPerDrain: 1,
  releases: 0,
  failing: [0, 1],
  deadLetters: [],
  may: [],
  without: [],
};
const firstFails: Setting = { ...three, failing: [0] };
const two: Setting = { ...three, keys: [0, 0] };
const deadLetterFirst: Partial<Setting> = { failing: [1], deadLetters: [0] };

function without(guard: Guard, setting: Partial<Setting> = {}) {
  const name = `lane without "${guard}"`;
  return ledgerModel({ ...firstFails, ...setting, name, without: [guard] });
}

/** Only the handler fails. Then no event waits for the sweep. */
const onlyFailures: Setting = {
  ...three,
  name: "lane: needs no sweep when only the handler fails",
  namesDrains: true,
  may: ["only fail", "drop"],
  without: ["the sweep drains lanes", "the sweep releases", "the sweep relays"],
};

const becomesIdle = "the ledger becomes idle once failures stop";
const waitsForOperator = "a parked event waits for its operator until its work is committed";
const inOrder = "an ordered event is committed after all earlier events of its key";

const complete: readonly Check[] = [
  holds(ledgerModel(three)),
  holds(ledgerModel({ ...firstFails, name: "lane: three events, small" }), { isQuick: true }),
  holds(ledgerModel({ ...three, name: "lane: a drain runs two events", eventsPerDrain: 2 })),
  holds(
    ledgerModel({
      ...three,
      name: "lane: duplicates of all messages and tasks, and drops",
      may: ["duplicate a message", "duplicate a task call", "drop"],
    }),
  ),
  holds(
    ledgerModel({
      ...firstFails,
      name: "lane: released and dropped by an operator",
      releases: 1,
      may: ["drop"],
    }),
  ),
  holds(
    ledgerModel({
      ...two,
      name: "lane: two events with follow-ups",
      followUps: 1,
      may: ["throw a permanent error"],
    }),
  ),
  holds(
    ledgerModel({
      ...three,
      ...deadLetterFirst,
      name: "lane: the first is a dead letter, the second fails",
    }),
    { isQuick: true },
  ),
  holds(
    ledgerModel({
      ...two,
      ...deadLetterFirst,
      name: "lane: the second is released behind a dead letter",
      tries: 2,
      releases: 1,
      may: ["throw a permanent error"],
    }),
  ),
  holds(ledgerModel({ ...three, name: "lane: every task is lost except the sweep's", may: ["lose tasks"] }), {
    isQuick: true,
  }),
  holds(ledgerModel({ ...three, name: "two keys", keys: [0, 0, 1], failing: [0, 2] }), { isQuick: true }),
  holds(ledgerModel(onlyFailures), { isQuick: true }),
];

const lacking: readonly Check[] = [
  finds(becomesIdle, without("the sweep drains lanes")),
  finds(
    becomesIdle,
    ledgerModel({
      ...onlyFailures,
      name: `lane without the sweep and without "a drain is named by the event that left"`,
      without: [...onlyFailures.without, "a drain is named by the event that left"],
    }),
  ),
  finds(inOrder, without("a release runs only the head of its lane", deadLetterFirst)),
  finds(inOrder, without("a lane is in publish order", deadLetterFirst)),
  finds(inOrder, without("a deferred event opens its lane")),
  finds(
    waitsForOperator,
    without("a released event that fails is parked again", { releases: 1, may: ["throw a permanent error"] }),
  ),
  finds(
    "a lane holds exactly the waiting events of its key",
    without("a dropped event leaves its lane", { may: ["drop"] }),
  ),
];

/** The models of ordered reactions. */
export const laneChecks: readonly Check[] = [...complete, ...lacking];
