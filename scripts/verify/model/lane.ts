import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import { ledgerModel } from "./ledger-model.ts";
import type { Guard, Setting } from "./world.ts";

/** Three events of one key, for a reaction that must run them one after the other. */
const three: Setting = {
  name: "lane: three events, the first two fail",
  keys: [0, 0, 0],
  ordered: true,
  mark: "entry",
  followUps: 0,
  handlers: 2,
  tries: 1,
  drained: 1,
  releases: 0,
  failing: [0, 1],
  deadLetters: [],
  may: [],
  without: [],
};
const firstFails = { ...three, failing: [0] };
const two: Setting = { ...three, keys: [0, 0] };

function without(guard: Guard, setting: Partial<Setting> = {}) {
  return ledgerModel({
    ...three,
    failing: [0],
    ...setting,
    name: `lane without "${guard}"`,
    without: [guard],
  });
}

/** When nothing goes wrong but the work itself, nobody waits for the sweep. */
const calm: Setting = {
  ...three,
  name: "lane: in calm weather nothing needs the sweep",
  namesDrains: true,
  may: ["only fail", "drop"],
  without: ["the sweep drains lanes", "the sweep releases", "the sweep relays"],
};

const ends = "it comes to rest once nothing goes wrong any more";
const inOrder = "an ordered event is committed after all before it";

export const laneChecks: readonly Check[] = [
  holds(ledgerModel(three)),
  holds(ledgerModel({ ...firstFails, name: "lane: three events, small" }), { isQuick: true }),
  holds(ledgerModel({ ...three, name: "lane: a drain runs two", drained: 2 })),
  holds(
    ledgerModel({
      ...three,
      name: "lane: duplicates of all and drops",
      may: ["come twice", "be called twice", "drop"],
    }),
  ),
  holds(
    ledgerModel({
      ...firstFails,
      name: "lane: released and dropped by a person",
      releases: 1,
      may: ["drop"],
    }),
  ),
  holds(
    ledgerModel({ ...two, name: "lane: two events with follow-ups", followUps: 1, may: ["throw poison"] }),
  ),
  holds(
    ledgerModel({
      ...three,
      name: "lane: the first is a dead letter, the second fails",
      failing: [1],
      deadLetters: [0],
    }),
    { isQuick: true },
  ),
  holds(ledgerModel({ ...three, name: "lane: no task arrives but the sweep's", may: ["lose tasks"] }), {
    isQuick: true,
  }),
  holds(ledgerModel({ ...three, name: "two keys", keys: [0, 0, 1], failing: [0, 2] }), { isQuick: true }),
  finds(ends, without("the sweep drains lanes")),
  holds(ledgerModel(calm), { isQuick: true }),
  finds(
    ends,
    ledgerModel({
      ...calm,
      name: `calm lane without "a drain is named by who left"`,
      without: [...calm.without, "a drain is named by who left"],
    }),
  ),
  finds(inOrder, without("a release checks the head", { failing: [1], deadLetters: [0] })),
  finds(inOrder, without("a lane is in the order of publishing", { failing: [1], deadLetters: [0] })),
  finds(inOrder, without("a deferred event opens its lane")),
  finds(
    "who waits is in the lane, and nobody else",
    without("a dropped event leaves its lane", { may: ["drop"] }),
  ),
];
