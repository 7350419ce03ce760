import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { LocalClock } from "./clock.ts";
import { createLocalClock } from "./clock.ts";
import { HOUR_MS } from "./durations.ts";
import type { Keeper } from "./storage.ts";

const alwaysIdle = () => Promise.resolve();

let clock: LocalClock;
beforeEach(() => {
  clock = createLocalClock();
});
afterEach(() => clock.close());

test("runs due items in real time, by time and then by registration", async () => {
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

test("never runs an item before its `at` call has returned", async () => {
  const ran: string[] = [];
  clock.at(clock.now() - 1000, () => ran.push("overdue"));
  expect(ran).toEqual([]);
  await new Promise<void>(resolve => clock.at(clock.now(), resolve));
  expect(ran).toEqual(["overdue"]);
});

test("shows each item's own time, and awaits idleness between items", async () => {
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
    log.push("idle");
  });
  expect(log).toEqual(["idle", "1", "idle", "2", "idle", "idle"]);
  for (const errorMs of errorsMs) {
    expect(errorMs).toBeGreaterThanOrEqual(0);
    expect(errorMs).toBeLessThan(1000);
  }
  expect(clock.nextDueMs()).toBe(startMs + 3 * HOUR_MS);
});

test("stops at an item that `whenIdle` has registered", async () => {
  const startMs = clock.now();
  const ranAtMs: number[] = [];
  let isRegistered = false;
  await clock.advance(2 * HOUR_MS, async () => {
    if (isRegistered) return;
    isRegistered = true;
    clock.at(startMs + HOUR_MS, () => ranAtMs.push(clock.now() - startMs));
  });
  expect(ranAtMs).toHaveLength(1);
  expect(ranAtMs[0]).toBeGreaterThanOrEqual(HOUR_MS);
  expect(ranAtMs[0]).toBeLessThan(HOUR_MS + 1000);
  expect(clock.now() - startMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
});

test("runs an item that falls due in real time while `whenIdle` waits", async () => {
  await clock.advance(HOUR_MS, () => new Promise(resolve => clock.at(clock.now() + 5, resolve)));
  expect(clock.nextDueMs()).toBeUndefined();
});

test("runs two advances at once one after the other", async () => {
  const startMs = clock.now();
  const log: string[] = [];
  clock.at(startMs + 1.5 * HOUR_MS, () => log.push("due"));
  await Promise.all([
    clock.advance(HOUR_MS, alwaysIdle).then(() => log.push("first")),
    clock.advance(HOUR_MS, alwaysIdle).then(() => log.push("second")),
  ]);
  expect(log).toEqual(["first", "due", "second"]);
  expect(clock.now() - startMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
});

test("advances again after a failed advance", async () => {
  await expect(clock.advance(HOUR_MS, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  const beforeMs = clock.now();
  await clock.advance(HOUR_MS, alwaysIdle);
  expect(clock.now() - beforeMs).toBeGreaterThanOrEqual(HOUR_MS);
});

test("cancels only its own item among several at one instant", async () => {
  const ran: string[] = [];
  const dueMs = clock.now() + HOUR_MS;
  clock.at(dueMs, () => ran.push("kept"));
  const cancelled = clock.at(dueMs, () => ran.push("cancelled"));
  clock.at(dueMs, () => ran.push("kept too"));
  cancelled.cancel();
  cancelled.cancel();
  await clock.advance(2 * HOUR_MS, alwaysIdle);
  expect(ran).toEqual(["kept", "kept too"]);
});

test("waits for an item beyond the longest real timer", async () => {
  const delaysMs = jest.spyOn(globalThis, "setTimeout");
  let ran = false;
  clock.at(clock.now() + 60 * 24 * HOUR_MS, () => {
    ran = true;
  });
  await new Promise(resolve => setTimeout(resolve, 10));
  expect(delaysMs.mock.calls.every(([, ms = 0]) => ms < 2 ** 31)).toBe(true);
  delaysMs.mockRestore();
  expect(ran).toBe(false);
  await clock.advance(60 * 24 * HOUR_MS, alwaysIdle);
  expect(ran).toBe(true);
});

test("continues at the stored time after a crash during an advance", async () => {
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
  const stoppedAtMs = first.now();
  first.close();
  const second = createLocalClock(keeper);
  expect(second.now() - Date.now()).toBeGreaterThan(HOUR_MS - 1000);
  expect(second.now() - stoppedAtMs).toBeLessThan(1000);
  second.close();
});
