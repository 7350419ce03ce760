import { expect, test } from "@jest/globals";
import { MINUTE_MS } from "../../../../shared/values/durations.ts";
import { rounds } from "../target.ts";
import { tasksUnderTest } from "./test-target.ts";

const tasks = tasksUnderTest();

const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;
const times = <T>(count: number, run: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => run(index));
const outcomes = async (promises: Promise<unknown>[]) =>
  (await Promise.allSettled(promises)).map(result =>
    result.status === "fulfilled" ? "done" : result.reason.code,
  );

test("answers ALREADY_EXISTS to 9 of 10 racing creates of one task", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  for (const round of rounds(30)) {
    const codes = await outcomes(
      times(10, () => tasks.createTask(queue, target.url, { id: `task-${round}` })),
    );
    expect(codes.filter(code => code === "done")).toHaveLength(1);
    expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
    await tasks.pass(0);
    expect(target.calls).toHaveLength(round + 1);
  }
});

test("answers ALREADY_EXISTS to 9 of 10 racing creates of one queue", async () => {
  for (const round of rounds(20)) {
    const codes = await outcomes(times(10, () => tasks.createQueue(`queue-${round}`)));
    expect(codes.filter(code => code === "done")).toHaveLength(1);
    expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
  }
});

test("runs a task at most once when its deletion races the dispatch", async () => {
  const queue = await tasks.createQueue("q");
  for (const round of rounds(30)) {
    const target = await tasks.target();
    const { name } = await tasks.createTask(queue, target.url, { id: `task-${round}`, delayMs: MINUTE_MS });
    const [, [deleted]] = await Promise.all([
      tasks.pass(MINUTE_MS),
      // In every second round the deletion is sent when the task is due.
      outcomes([
        (round % 2 === 0 ? Promise.resolve() : tasks.pass(0)).then(() => tasks.client.deleteTask({ name })),
      ]),
    ]);
    await tasks.pass(0);
    expect(["done", NOT_FOUND]).toContain(deleted);
    if (deleted === NOT_FOUND) expect(target.calls).toHaveLength(1);
    expect(target.calls.length).toBeLessThanOrEqual(1);
    const again = tasks.createTask(queue, target.url, { id: `task-${round}` });
    await expect(again).rejects.toMatchObject({ code: ALREADY_EXISTS });
  }
});

test("does not retry a task that was deleted during its attempt", async () => {
  const queue = await tasks.createQueue("q", { retryConfig: { minBackoff: { seconds: 1 } } });
  for (const _ of rounds(10)) {
    let answer: (status: number) => void = () => undefined;
    const target = await tasks.target(() => new Promise<number>(resolve => (answer = resolve)));
    const { name } = await tasks.createTask(queue, target.url);
    await target.received(1);
    await tasks.client.deleteTask({ name });
    answer(500);
    await tasks.pass(MINUTE_MS);
    expect(target.calls).toHaveLength(1);
  }
});

test("runs each of 100 concurrently created tasks once", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  const created = await Promise.all(
    times(100, index => tasks.createTask(queue, `${target.url}/${index}`, { delayMs: index % 3 })),
  );
  await tasks.pass(MINUTE_MS);
  expect(new Set(created.map(({ name }) => name)).size).toBe(100);
  expect(target.calls.map(({ path }) => path).sort()).toEqual(times(100, index => `/${index}`).sort());
  expect(await tasks.left(queue)).toEqual([]);
});

test("runs each task once or never when a purge races creations", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  await Promise.all([
    ...times(10, index => tasks.createTask(queue, `${target.url}/${index}`, { delayMs: MINUTE_MS })),
    tasks.client.purgeQueue({ name: queue }),
  ]);
  const left = await tasks.left(queue);
  await tasks.pass(2 * MINUTE_MS);
  expect(target.calls).toHaveLength(left.length);
  expect(new Set(target.calls.map(({ path }) => path)).size).toBe(left.length);
});
