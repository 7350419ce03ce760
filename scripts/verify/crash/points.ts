import type { Stop } from "./wire.ts";

/** A moment on a message's way through a process: at one of its calls, or when only its answer is missing. */
export interface Point {
  name: string;
  /** Undefined: everything was done, and nobody heard of it. */
  stop: Stop | undefined;
  /** The calls that were carried out when it stands there. */
  reached: ReadonlySet<string>;
}

/** The calls of a way, told apart: "Commit 1", "Publish 1", "Commit 2". */
export function numbered(calls: readonly string[]): string[] {
  return calls.map((call, at) => `${call} ${calls.slice(0, at + 1).filter(other => other === call).length}`);
}

/** Every moment between the arrival and the answer at which a process can be killed with a difference. */
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
    { name: "after everything, before the answer", stop: undefined, reached: new Set(names) },
  ];
}
