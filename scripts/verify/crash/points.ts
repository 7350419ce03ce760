import type { Stop } from "./stage/wire.ts";

/** A moment of a message in a process: at a call, or between the last call and the answer. */
export interface Point {
  name: string;
  /** Undefined: all calls were carried out, and only the answer is missing. */
  stop: Stop | undefined;
  /** The calls that were carried out before this point. */
  reached: ReadonlySet<string>;
}

/** Returns the calls with their numbers: "Commit 1", "Publish 1", "Commit 2". */
export function numbered(calls: readonly string[]): string[] {
  return calls.map((call, at) => `${call} ${calls.slice(0, at + 1).filter(other => other === call).length}`);
}

/** Returns every point between arrival and answer at which killing the process makes a difference. */
export function pointsOf(calls: readonly string[]): Point[] {
  const names = numbered(calls);
  const points = names.flatMap((name, at): Point[] => [
    {
      name: `before ${name}`,
      stop: { call: at + 1, side: "before" },
      reached: new Set(names.slice(0, at)),
    },
    {
      name: `after ${name}, before its answer`,
      stop: { call: at + 1, side: "after" },
      reached: new Set(names.slice(0, at + 1)),
    },
  ]);
  return [
    ...points,
    { name: "after all calls, before the answer", stop: undefined, reached: new Set(names) },
  ];
}
