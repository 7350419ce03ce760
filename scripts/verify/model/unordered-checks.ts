import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import { ledgerModel } from "./ledger-model.ts";
import type { Guard, Setting } from "./setting.ts";

/** One event of an unordered reaction, with every failure and act. */
const one: Setting = {
  name: "one event, everything",
  keys: [0],
  ordered: false,
  dedupe: "entry",
  followUps: 2,
  handlers: 2,
  tries: 1,
  eventsPerDrain: 1,
  releases: 1,
  failing: [0],
  deadLetters: [0],
  may: ["throw a permanent error", "skip", "duplicate a message", "duplicate a task call", "drop", "expire"],
  without: [],
};

const small: Setting = {
  ...one,
  followUps: 1,
  releases: 0,
  deadLetters: [],
  may: ["duplicate a message", "duplicate a task call", "drop", "expire"],
};

function without(guard: Guard, setting: Partial<Setting> = {}) {
  return ledgerModel({ ...small, ...setting, name: `without "${guard}"`, without: [guard] });
}

/** Two events with the same work, as when checkout and an outside system report one order. */
const collision: Setting = {
  ...one,
  name: "business key: two events, one unit of work",
  keys: [0, 1],
  dedupe: "business key",
  followUps: 1,
  releases: 0,
  failing: [0],
  deadLetters: [],
  may: ["duplicate a message"],
};

const complete: readonly Check[] = [
  holds(ledgerModel(one)),
  holds(ledgerModel({ ...small, name: "one event, small" }), { isQuick: true }),
  holds(ledgerModel({ ...small, name: "one event, three handlers", handlers: 3, deadLetters: [0] })),
  holds(
    ledgerModel({
      ...one,
      name: "one event, two tries before a release and none after it",
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
      name: "one event, every task is lost except the sweep's",
      may: ["duplicate a message", "lose tasks"],
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
      may: ["duplicate a task call", "drop"],
    }),
  ),
  holds(ledgerModel({ ...one, name: "dedupe document", dedupe: "dedupe document", followUps: 0 })),
];

const committedOnce = "work is committed at most once";
const isRecorded = "an acknowledged message is recorded";
const waitsForOperator = "a parked event waits for its operator until its work is committed";
const becomesIdle = "the ledger becomes idle once failures stop";

const lacking: readonly Check[] = [
  finds(committedOnce, without("a failure changes only the state its attempt started from")),
  finds(
    "every change of state is in the table",
    without("a failure changes only the state its attempt started from"),
  ),
  finds(
    "a done entry has its work committed and its follow-ups sent",
    without("only a pending entry is relayed and becomes done"),
  ),
  finds("n grows with every failure and only then", without("n only grows", { releases: 1 })),
  finds(
    waitsForOperator,
    without("a released event that fails is parked again", { releases: 1, may: ["throw a permanent error"] }),
  ),
  finds(
    "a waiting, skipped or dropped event was not committed",
    without("only a parked or queued entry is dropped"),
  ),
  finds(committedOnce, without("an entry is created, not set")),
  finds(committedOnce, without("an entry outlives the copies of its message")),
  finds(isRecorded, without("a message is acknowledged only when recorded")),
  finds(isRecorded, without("an existing entry is read after ALREADY_EXISTS", collision)),
  finds(becomesIdle, without("the sweep relays")),
  finds(becomesIdle, without("the sweep releases")),
];

/** The models of unordered reactions. */
export const unorderedChecks: readonly Check[] = [...complete, ...lacking];
