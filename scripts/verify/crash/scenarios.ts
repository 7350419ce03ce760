import { documentRef, firestore } from "../../../shared/google/firestore.ts";
import { RELEASES } from "../../../shared/pipeline/outbox/post-release.ts";
import { effects } from "../../../shared/pipeline/records/effect-record.ts";
import { ledger, ledgerId, newEntry } from "../../../shared/pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../../shared/pipeline/records/ledger-entry.ts";
import type { Books, Cell, Fate, Scenario } from "./scenario.ts";
import { signUp } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const segment = { "user.segment_changed": 1 };

/** Nothing of a message that never comes again, if its process died before this commit: nobody knows of it. */
function unlessLost(all: Books, { without = {}, commit = "Commit 1" } = {}): Scenario["books"] {
  return ({ variant, reached }) => (variant === "forsaken" && !reached(commit) ? without : all);
}

/** What a person released stays parked if the release dies before this commit: the person is told nothing else. */
function released(all: Books, by: string): Scenario["books"] {
  return ({ variant, reached }) => {
    const isLost = variant === "forsaken" && !reached("Commit 1");
    return isLost ? { ledger: [`${by} parked`] } : { ...all, ledger: [`${by} done`] };
  };
}

const message = (functionName: string, name = "it") => ({
  functionName,
  call: async (cell: Cell) => signUp(functionName, cell, { name }),
});

/** Has messages handled that do not matter here, in their order. */
async function handle(stage: Stage, cell: Cell, functionName: string, names: readonly string[]) {
  for (const name of names) {
    const answer = await stage.call(signUp(functionName, cell, { name }));
    if (answer?.status !== 204) throw new Error(`${functionName} answered ${answer?.status} to ${name}`);
  }
}

/**
 * So many messages go well for each that is made to fail: where every other one fails, a reaction takes itself for
 * broken and sets nothing aside any more.
 */
const WELL_FOR_EACH_FAILURE = 3;

async function handleFailing(stage: Stage, cell: Cell, functionName: string, names: readonly string[]) {
  stage.outside.moods.set(cell.key, "throws");
  await handle(stage, cell, functionName, names);
  stage.outside.moods.delete(cell.key);
  const other: Cell = { ...cell, key: `${cell.key}_other`, eventId: name => `${cell.eventId(name)}_other` };
  await handle(stage, other, functionName, new Array(WELL_FOR_EACH_FAILURE).fill("it"));
}

const failFirst = (cell: Cell, stage: Stage) => handleFailing(stage, cell, "moody", ["it"]);

/** The first of a key has failed, and others wait behind it. */
const waitBehind = (names: readonly string[]) => (cell: Cell, stage: Stage) =>
  handleFailing(stage, cell, "line", ["A", ...names]);

/** The call that Cloud Tasks makes for the first failure of an event. */
const releaseOf = (functionName: string, name = "it") => ({
  functionName,
  call: async (cell: Cell) => {
    const { id } = await theOne(ledger.name, "cause.id", cell.eventId(name));
    return { functionName, path: "/release", body: { ledger_id: id, n: 1 } };
  },
});

async function theOne(collectionName: string, field: string, value: string) {
  // Asked for by nobody else, so without an index: there are few.
  const all = await firestore().collection(collectionName).get();
  const docs = all.docs.filter(document => document.get(field) === value);
  const [first] = docs;
  if (!first || docs.length > 1)
    throw new Error(`${docs.length} of ${collectionName} have ${field} ${value}`);
  return first;
}

/** A message that came past ingest and was parked, because what it says was no event then. */
async function parkUnadopted({ key, eventId }: Cell): Promise<void> {
  const cause = {
    producer: "user-events",
    id: eventId("it"),
    event_type: "unknown",
    subject: key,
    fingerprint: "",
    correlation_id: key,
  };
  const event = { event_type: "user.segment_changed", user_id: key, payload: { segment: "tried" } };
  const entry: LedgerEntry = {
    ...newEntry("adopter", cause, Date.now()),
    state: "parked",
    n: 1,
    reason: "not an event (unknown_type)",
    event: JSON.stringify(event),
  };
  await documentRef(ledger, ledgerId("adopter", cause)).create(entry);
}

const ringing = async ({ key }: Cell) => ({
  functionName: "alarm",
  path: "/",
  body: { key, correlation_id: "cor_1", data: { key } },
});

const all: readonly Scenario[] = [
  {
    name: "a reaction that only writes",
    ...message("blind-counter"),
    books: unlessLost({ times: 1, ledger: ["blind-counter done"] }),
  },
  {
    name: "a reaction that only writes, and announces",
    ...message("announcer"),
    books: unlessLost({ times: 1, published: segment, ledger: ["announcer done"] }),
  },
  {
    name: "a reaction that reads, announces twice, arms a timer and plans an effect",
    ...message("planner"),
    takesTime: true,
    books: unlessLost({
      times: 1,
      published: { ...segment, "recommendation.updated": 1, "user.banned": 1 },
      rings: 1,
      effect: { state: "sent", sendings: 1, ids: 1 },
      ledger: ["alarm done", "planner done"],
    }),
  },
  {
    name: "a reaction whose document is its own mark",
    ...message("keeper"),
    books: unlessLost({ times: 1 }),
  },
  {
    name: "a reaction whose business key is taken",
    ...message("claimer", "B"),
    prepare: (cell, stage) => handle(stage, cell, "claimer", ["A"]),
    books: unlessLost(
      { times: 1, published: segment, ledger: ["claimer done", "claimer skipped"] },
      { without: { times: 1, published: segment, ledger: ["claimer done"] }, commit: "Commit 2" },
    ),
  },
  {
    name: "an event with the id of another one",
    functionName: "blind-counter",
    prepare: (cell, stage) => handle(stage, cell, "blind-counter", ["it"]),
    call: async cell => signUp("blind-counter", cell, { email: "b@example.com" }),
    books: unlessLost(
      { times: 1, ledger: ["blind-counter done", "blind-counter parked"] },
      { without: { times: 1, ledger: ["blind-counter done"] }, commit: "Commit 2" },
    ),
  },
  {
    name: "a reaction that throws: deferred, later released",
    ...message("moody"),
    mood: "throws",
    takesTime: true,
    books: unlessLost({ times: 1, published: segment, ledger: ["moody done"] }),
  },
  {
    name: "a reaction that finds poison: parked",
    ...message("moody"),
    mood: "poison",
    books: unlessLost({ ledger: ["moody parked"] }),
  },
  {
    name: "an automatic release that succeeds",
    ...releaseOf("moody"),
    prepare: failFirst,
    holds: RELEASES,
    books: () => ({ times: 1, published: segment, ledger: ["moody done"] }),
  },
  {
    name: "an automatic release that fails again",
    ...releaseOf("moody"),
    prepare: failFirst,
    holds: RELEASES,
    mood: "throws",
    takesTime: true,
    books: () => ({ times: 1, published: segment, ledger: ["moody done"] }),
  },
  {
    name: "an ordered reaction",
    ...message("line"),
    books: unlessLost({ order: ["it"], ledger: ["line done"] }),
  },
  {
    name: "an ordered reaction: queued behind one that failed",
    ...message("line", "B"),
    prepare: waitBehind([]),
    mood: "throws",
    takesTime: true,
    books: unlessLost(
      { order: ["A", "B"], ledger: ["line done", "line done"] },
      { without: { order: ["A"], ledger: ["line done"] } },
    ),
  },
  {
    name: "an ordered reaction: release of the head, two wait",
    ...releaseOf("line", "A"),
    prepare: waitBehind(["B", "C"]),
    holds: RELEASES,
    books: () => ({ order: ["A", "B", "C"], ledger: ["line done", "line done", "line done"] }),
  },
  {
    name: "an ordered reaction: drain of two",
    functionName: "line",
    prepare: async (cell, stage) => {
      await waitBehind(["B", "C"])(cell, stage);
      await stage.call(await releaseOf("line", "A").call(cell));
    },
    holds: RELEASES,
    call: async cell => {
      const { id } = await theOne("lanes", "key", cell.key);
      return { functionName: "line", path: "/drain", body: { lane_id: id } };
    },
    books: () => ({ order: ["A", "B", "C"], ledger: ["line done", "line done", "line done"] }),
  },
  {
    name: "a command with an Idempotency-Key",
    functionName: "desk",
    isAnswered: true,
    call: async ({ key }) => ({
      functionName: "desk",
      path: `/desk/${key}`,
      body: {},
      headers: { "idempotency-key": key },
    }),
    // Its entry is about the owner; its key names it.
    books: unlessLost({ times: 1, published: segment, ledger: ["desk done"] }),
  },
  {
    name: "a timer",
    functionName: "alarm",
    call: ringing,
    books: unlessLost({ rings: 1, published: { "user.banned": 1 }, ledger: ["alarm done"] }),
  },
  {
    name: "a timer that was parked, released by a person",
    functionName: "alarm",
    prepare: async (cell, stage) => {
      stage.outside.moods.set(cell.key, "poison");
      await stage.call(await ringing(cell));
      stage.outside.moods.delete(cell.key);
    },
    call: async ({ key }) => {
      const { id } = await theOne(ledger.name, "cause.id", key);
      return { functionName: "alarm", path: "/release", body: { ledger_id: id, n: 1 } };
    },
    books: released({ rings: 1, published: { "user.banned": 1 } }, "alarm"),
  },
  {
    name: "a message past ingest that was parked, released by a person",
    ...releaseOf("adopter"),
    prepare: parkUnadopted,
    books: released({ published: segment }, "adopter"),
  },
  effectScenario("an effect that may be seen once", "postcard", fate =>
    // Nobody knows whether the one who held the lease has done it, so nobody does it again.
    diedSending(fate)
      ? { state: "unknown", sendings: Number(fate.reached("Send 1")), ids: Number(fate.reached("Send 1")) }
      : { state: "sent", sendings: 1, ids: 1 },
  ),
  effectScenario("an effect that may be seen twice", "letter", fate => {
    const seenBefore = diedSending(fate) && fate.reached("Send 1");
    return { state: "sent", sendings: 1 + Number(seenBefore), ids: 1 };
  }),
];

/** Killed while it held the lease. */
function diedSending({ variant, reached }: Fate): boolean {
  const killed = variant !== undefined && variant !== "resumed";
  return killed && reached("Commit 1") && !reached("Commit 2");
}

function effectScenario(
  name: string,
  kind: string,
  effect: (fate: Fate) => NonNullable<Books["effect"]>,
): Scenario {
  return {
    name,
    functionName: kind,
    prepare: (cell, stage) => handle(stage, cell, `${kind}-planner`, ["it"]),
    holds: kind,
    takesTime: true,
    call: async ({ key }) => {
      const { id } = await theOne(effects.name, "key", key);
      return { functionName: kind, path: "/", body: { effect_id: id } };
    },
    books: fate => ({ effect: effect(fate), ledger: [`${kind}-planner done`] }),
  };
}

export const scenarios = all;
