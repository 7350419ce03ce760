import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { expectedState } from "./expected-state.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { missingGcloud, startRehearsal } from "./rehearsal.ts";

const missing = missingGcloud();
if (missing !== undefined) process.stderr.write(`Deployment not rehearsed: ${missing}\n`);
const rehearsed = missing === undefined ? test : test.skip;

let rehearsal: Rehearsal;
beforeAll(async () => {
  const functions = ["send-mail", "orders", "sweep"];
  if (missing === undefined) rehearsal = await startRehearsal({ functions, oneOfEach: true });
});
afterAll(() => rehearsal?.close());

/** Returns the first resource whose name matches. `*` stands for a part that a service generates. */
function kept(of: string): unknown {
  const [before = "", after] = of.endsWith("fields/*") ? [of] : of.split("*");
  const isIt = (key: string) =>
    after === undefined
      ? key === before
      : key.startsWith(before) &&
        /^\w+$/.test(key.slice(before.length, key.length - after.length)) &&
        key.endsWith(after);
  return [...rehearsal.stub.state].find(([key]) => isIt(key))?.[1];
}

function fieldOf(value: unknown, field: string): unknown {
  const names = field.replace(/\[(\d+)\]/g, ".$1").split(".");
  return names.reduce<unknown>((inner, name) => Object(inner ?? {})[name], value);
}

rehearsed(
  "creates the expected state in the services through the real gcloud",
  async () => {
    await rehearsal.createAll();
    const different = expectedState.flatMap(({ of, field, is, source }) => {
      const value = fieldOf(kept(of), field);
      const isMade = typeof is === "object" && is !== null && "type" in is && typeof value === is.type;
      const isSame = isMade || JSON.stringify(sorted(value)) === JSON.stringify(sorted(is));
      return isSame ? [] : [{ of, field, is, value, source }];
    });
    expect(different).toEqual([]);
  },
  180_000,
);

/** Sorts fields, because they come in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
