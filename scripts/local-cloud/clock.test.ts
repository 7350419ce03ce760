import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { LocalClock } from "./clock.ts";
import { createLocalClock } from "./clock.ts";
import { HOUR_MS } from "./durations.ts";
import type { Keeper } from "./storage.ts";

const settled = () => Promise.resolve();

let clock: LocalClock;
beforeEach(() => {
  clock = createLocalClock();
});
afterEach(() => clock.close());

test("runs what is due in real time, in order of time and then of asking", async () => {
  const ran: string[] = [];
  const startMs = clock.now();
  await new Promise<void>(resolve => {
    clock.at(startMs + 30, resolve);
    clock.at(startMs + 20, () => ran.push("second"));
    clock.at(startMs + 20, () => ran.push("third"));
    clock.at(startMs + 10, () => ran.push("first"));
  });
  expect(ran).toEqual(["first", "second", "third"]);
  expect(clock.now()).toBeGreaterThanOrEqual(startMs + 30);
});

test("never runs an item before the call that asked for it returned", async () => {
  const ran: string[] = [];
  clock.at(clock.now() - 1000, () => ran.push("overdue"));
  expect(ran).toEqual([]);
  await new Promise<void>(resolve => clock.at(clock.now(), resolve));
  expect(ran).toEqual(["overdue"]);
});

test("stands at each item's own time while it runs, and settles before the next", async () => {
  const startMs = clock.now();
  const log: string[] = [];
  const errorsMs: number[] = [];
  for (const hours of [2, 1, 3]) {
    const dueMs = startMs + hours * HOUR_MS;
    clock.at(dueMs, () => {
      log.push(`${hours}`);
      errorsMs.push(clock.now() - dueMs);
    });
  }
  await clock.advance(2.5 * HOUR_MS, async () => {
    log.push("settled");
  });
  expect(log).toEqual(["settled", "1", "settled", "2", "settled", "settled"]);
  for (const errorMs of errorsMs) {
    expect(errorMs).toBeGreaterThanOrEqual(0);
    expect(errorMs).toBeLessThan(1000);
  }
  expect(clock.nextDueMs()).toBe(startMs + 3 * HOUR_MS);
});

test("stops at an item that was only asked for while it was settling", async () => {
  const startMs = clock.now();
  const ranAtMs: number[] = [];
  let asked = false;
  await clock.advance(2 * HOUR_MS, async () => {
    if (asked) return;
    asked = true;
    clock.at(startMs + HOUR_MS, () => ranAtMs.push(clock.now() - startMs));
  });
  expect(ranAtMs).toHaveLength(1);
  expect(ranAtMs[0]).toBeGreaterThanOrEqual(HOUR_MS);
  expect(ranAtMs[0]).toBeLessThan(HOUR_MS + 1000);
  expect(clock.now() - startMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
});

test("runs an item that falls due in real time while it settles, so that a settle may wait for it", async () => {
  await clock.advance(HOUR_MS, () => new Promise(resolve => clock.at(clock.now() + 5, resolve)));
  expect(clock.nextDueMs()).toBeUndefined();
});

test("advances twice at once one after the other", async () => {
  const startMs = clock.now();
  const log: string[] = [];
  clock.at(startMs + 1.5 * HOUR_MS, () => log.push("due"));
  await Promise.all([
    clock.advance(HOUR_MS, settled).then(() => log.push("first")),
    clock.advance(HOUR_MS, settled).then(() => log.push("second")),
  ]);
  expect(log).toEqual(["first", "due", "second"]);
  expect(clock.now() - startMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
});

test("advances again after an advance that failed", async () => {
  await expect(clock.advance(HOUR_MS, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  const beforeMs = clock.now();
  await clock.advance(HOUR_MS, settled);
  expect(clock.now() - beforeMs).toBeGreaterThanOrEqual(HOUR_MS);
});

test("does not run what was cancelled, and cancels only that one of several at one instant", async () => {
  const ran: string[] = [];
  const dueMs = clock.now() + HOUR_MS;
  clock.at(dueMs, () => ran.push("kept"));
  const taken = clock.at(dueMs, () => ran.push("taken back"));
  clock.at(dueMs, () => ran.push("kept too"));
  taken.cancel();
  taken.cancel();
  await clock.advance(2 * HOUR_MS, settled);
  expect(ran).toEqual(["kept", "kept too"]);
});

test("waits for what is further away than a real timer reaches", async () => {
  const delaysMs = jest.spyOn(globalThis, "setTimeout");
  let ran = false;
  clock.at(clock.now() + 60 * 24 * HOUR_MS, () => {
    ran = true;
  });
  await new Promise(resolve => setTimeout(resolve, 10));
  expect(delaysMs.mock.calls.every(([, ms = 0]) => ms < 2 ** 31)).toBe(true);
  delaysMs.mockRestore();
  expect(ran).toBe(false);
  await clock.advance(60 * 24 * HOUR_MS, settled);
  expect(ran).toBe(true);
});

test("goes on where the clock before it stood, even when that stopped in the middle of an advance", async () => {
  const kept = new Map<string, unknown>();
  const keeper: Keeper = {
    put: (_, key, value) => void kept.set(key, value),
    delete: (_, key) => void kept.delete(key),
    together: <R>(run: () => R) => run(),
    forgets: false,
    all: <V>() => [...kept].map(([key, value]) => ({ key, value: value as V })),
  };
  const first = createLocalClock(keeper);
  first.at(first.now() + HOUR_MS, () => {
    throw new Error("the process ends here");
  });
  await expect(first.advance(2 * HOUR_MS, async () => undefined)).rejects.toThrow();
  const stoodAtMs = first.now();
  first.close();
  const second = createLocalClock(keeper);
  expect(second.now() - Date.now()).toBeGreaterThan(HOUR_MS - 1000);
  expect(second.now() - stoodAtMs).toBeLessThan(1000);
  second.close();
});
