import { expect, test } from "@jest/globals";
import { createDice } from "../../verify/simulate/dice.ts";
import type { Entry, Lane } from "./ordering-key-queue.ts";
import type { Pending } from "./pending.ts";
import { createPending } from "./pending.ts";

const lane: Lane = { key: "k", entries: [] };

function entryOf(id: number, of?: Lane): Entry {
  const message = {
    messageId: String(id),
    publishMs: id,
    data: Buffer.alloc(0),
    attributes: {},
    orderingKey: "",
  };
  return { message, lane: of, state: "ready", failures: 0, hasPlace: true };
}

test("gives each new one once, oldest first, and passes over those with a lane", () => {
  const pending = createPending();
  const [one, two, three] = [entryOf(1), entryOf(2, lane), entryOf(3)];
  pending.add(one);
  pending.add(two);
  expect(pending.nextNew()).toBe(one);
  expect(pending.nextNew()).toBeUndefined();
  pending.add(three);
  expect(pending.nextNew()).toBe(three);
  expect(pending.nextNew()).toBeUndefined();
  expect([...pending]).toEqual([one, two, three]);
});

test("who comes back is there once, whether its place was still kept or not", () => {
  const pending = createPending();
  const [one, two] = [entryOf(1, lane), entryOf(2, lane)];
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

test("whatever joins, leaves and comes back: it holds those who are there, and gives each new one once", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const { pending, all, given } = play(seed);
    const here = all.filter(isHere);
    expect(pending.count()).toBe(here.length);
    expect(new Set(pending)).toEqual(new Set(here));
    expect([...pending]).toHaveLength(here.length);
    expect(new Set(given).size).toBe(given.length);
    expect(here.filter(entry => !(entry.lane || given.includes(entry)))).toEqual([]);
  }
});

const STEPS = 1_500;

function play(seed: number) {
  const dice = createDice(seed, "pending");
  const pending = createPending();
  const all: Entry[] = [];
  const given: Entry[] = [];
  const take = () => {
    const next = pending.nextNew();
    if (next) given.push(next);
    return next;
  };
  const join = (entry: Entry) => {
    all.push(entry);
    pending.add(entry);
  };
  for (let step = 0; step < STEPS; step += 1) {
    const entry = all[dice.below(all.length + 1)];
    if (entry) turn(entry, pending);
    if (dice.chance(0.5)) take();
    if (dice.chance(0.6)) join(entryOf(step, dice.chance(0.3) ? lane : undefined));
  }
  while (take());
  return { pending, all, given };
}

/** Who is there leaves, and who was only acknowledged comes back. */
function turn(entry: Entry, pending: Pending): void {
  if (isHere(entry)) {
    entry.state = entry.lane ? "acked" : "gone";
    pending.leave();
  } else if (entry.lane) {
    entry.state = "ready";
    pending.comeBack(entry);
  }
}

const isHere = ({ state }: Entry): boolean => state !== "acked" && state !== "gone";
const byAge = (a: Entry, b: Entry): number => Number(a.message.messageId) - Number(b.message.messageId);
