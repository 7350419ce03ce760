import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import { ledgerModel } from "./ledger-model.ts";
import type { Guard, Setting } from "./world.ts";

/** One event of a reaction without lanes, and everything that can happen to it. */
const one: Setting = {
  name: "one event, everything",
  keys: [0],
  ordered: false,
  mark: "entry",
  followUps: 2,
  handlers: 2,
  tries: 1,
  drained: 1,
  releases: 1,
  failing: [0],
  deadLetters: [0],
  may: ["throw poison", "skip", "come twice", "be called twice", "drop", "expire"],
  without: [],
};

const little: Setting = {
  ...one,
  followUps: 1,
  releases: 0,
  deadLetters: [],
  may: ["come twice", "be called twice", "drop", "expire"],
};

function without(guard: Guard, setting: Partial<Setting> = {}) {
  return ledgerModel({ ...little, ...setting, name: `without "${guard}"`, without: [guard] });
}

/** Two events that ask for the same work, as when checkout and an outside system report one order. */
const collision: Setting = {
  ...one,
  name: "business key: two events, one piece of work",
  keys: [0, 1],
  mark: "business key",
  followUps: 1,
  releases: 0,
  failing: [0],
  deadLetters: [],
  may: ["come twice"],
};

export const unorderedChecks: readonly Check[] = [
  holds(ledgerModel(one)),
  holds(ledgerModel({ ...little, name: "one event, small" }), { isQuick: true }),
  holds(ledgerModel({ ...little, name: "one event, three at work on it", handlers: 3, deadLetters: [0] })),
  holds(
    ledgerModel({
      ...one,
      name: "one event, two tries before and after a release",
      tries: 2,
      releases: 1,
      deadLetters: [],
      followUps: 0,
      may: ["drop"],
    }),
  ),
  holds(
    ledgerModel({
      ...one,
      name: "one event, no task arrives but the sweep's",
      may: ["come twice", "lose tasks"],
    }),
  ),
  holds(
    ledgerModel({
      ...one,
      name: "two dead letters of one key",
      tries: 1,
      keys: [0, 0],
      followUps: 0,
      deadLetters: [0, 1],
      failing: [0],
      releases: 0,
      may: ["drop"],
    }),
  ),
  holds(ledgerModel(collision), { isQuick: true }),
  holds(
    ledgerModel({
      ...collision,
      name: "business key, dropped and duplicated",
      may: ["be called twice", "drop"],
    }),
  ),
  holds(ledgerModel({ ...one, name: "own mark", mark: "own mark", followUps: 0 })),
  finds("work is committed at most once", without("a failure changes only what it started from")),
  finds("every move is in the table", without("a failure changes only what it started from")),
  finds(
    "done is what was committed and announced, and nothing else",
    without("only what is pending is relayed and becomes done"),
  ),
  finds("n only grows, with every failure", without("n only grows", { releases: 1 })),
  finds(
    "what waits, was skipped or was dropped was not committed",
    without("only what waits for a person is dropped"),
  ),
  finds("work is committed at most once", without("an entry is created, not set")),
  finds("work is committed at most once", without("an entry outlives its copies")),
  finds("acknowledged means recorded", without("acknowledged only when recorded")),
  finds("acknowledged means recorded", without("what exists is read before it is believed", collision)),
  finds("it comes to rest once nothing goes wrong any more", without("the sweep relays")),
  finds("it comes to rest once nothing goes wrong any more", without("the sweep releases")),
];
