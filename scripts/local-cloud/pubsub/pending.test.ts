import { expect, test } from "@jest/globals";
import { createDice } from "../../verify/simulate/dice.ts";
import type { Entry, KeyQueue } from "./ordering-key-queue.ts";
import { Pending } from "./pending.ts";

const queue: KeyQueue = { key: "k", entries: [] };

function entryOf(id: number, of?: KeyQueue): Entry {
  const message = {
    messageId: String(id),
    publishMs: id,
    data: Buffer.alloc(0),
    attributes: {},
    orderingKey: "",
  };
  return { message, queue: of, state: "ready", failures: 0, hasPlace: true };
}

test("returns each new entry without a queue once, oldest first", () => {
  const pending = new Pending();
  const [one, two, three] = [entryOf(1), entryOf(2, queue), entryOf(3)];
  pending.add(one);
  pending.add(two);
  expect(pending.nextNew()).toBe(one);
  expect(pending.nextNew()).toBeUndefined();
  pending.add(three);
  expect(pending.nextNew()).toBe(three);
  expect(pending.nextNew()).toBeUndefined();
  expect([...pending]).toEqual([one, two, three]);
});

test("holds an entry that comes back once, with or without its place", () => {
  const pending = new Pending();
  const [one, two] = [entryOf(1, queue), entryOf(2, queue)];
  for (const entry of [one, two]) pending.add(entry);
  for (const entry of [two, one]) {
    entry.state = "acked";
    pending.leave();
    entry.state = "ready";
    pending.comeBack(entry);
    expect([...pending].sort(byAge)).toEqual([one, two]);
  }
  for (const entry of [one, two]) {
    entry.state = "acked";
    pending.leave();
  }
  expect([pending.count(), [...pending]]).toEqual([0, []]);
  one.state = "ready";
  pending.comeBack(one);
  expect([pending.count(), [...pending]]).toEqual([1, [one]]);
});

test("holds exactly the pending entries after random joins, leaves and returns", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const { pending, all, returned } = runRandomSteps(seed);
    const expected = all.filter(isPending);
    expect(pending.count()).toBe(expected.length);
    expect(new Set(pending)).toEqual(new Set(expected));
    expect([...pending]).toHaveLength(expected.length);
    expect(new Set(returned).size).toBe(returned.length);
    expect(expected.filter(entry => !(entry.queue || returned.includes(entry)))).toEqual([]);
  }
});

const STEPS = 1_500;

function runRandomSteps(seed: number) {
  const dice = createDice(seed, "pending");
  const pending = new Pending();
  const all: Entry[] = [];
  const returned: Entry[] = [];
  const takeNew = () => {
    const next = pending.nextNew();
    if (next) returned.push(next);
    return next;
  };
  const join = (entry: Entry) => {
    all.push(entry);
    pending.add(entry);
  };
  for (let step = 0; step < STEPS; step += 1) {
    const entry = all[dice.below(all.length + 1)];
    if (entry) toggle(entry, pending);
    if (dice.chance(0.5)) takeNew();
    if (dice.chance(0.6)) join(entryOf(step, dice.chance(0.3) ? queue : undefined));
  }
  while (takeNew());
  return { pending, all, returned };
}

/** Removes a pending entry, or returns an acknowledged one. */
function toggle(entry: Entry, pending: Pending): void {
  if (isPending(entry)) {
    entry.state = entry.queue ? "acked" : "gone";
    pending.leave();
  } else if (entry.queue) {
    entry.state = "ready";
    pending.comeBack(entry);
  }
}

const isPending = ({ state }: Entry): boolean => state !== "acked" && state !== "gone";
const byAge = (a: Entry, b: Entry): number => Number(a.message.messageId) - Number(b.message.messageId);
