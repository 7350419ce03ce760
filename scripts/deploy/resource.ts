import type { ValueName } from "./deployment.ts";

/** Something that the deployment needs to exist, and how gcloud reads, makes, changes and removes it. */
export interface Resource {
  /** What kind of thing it is, in words: "topic". */
  kind: string;
  name: string;
  /** What it is for: the comment above its step in the script. */
  why: string;
  read: Reading;
  /** What the answer of the reading must hold; it may hold more. */
  wanted: object;
  create: readonly Command[];
  /** What changes it when it differs; absent where `create` does that, too. */
  update?: (found: Found) => readonly Command[];
  /** Absent for what cannot or must not be taken away. */
  remove?: (found: Found) => readonly Command[];
  /** The function it belongs to alone: `--only` deploys that and this. */
  functionName?: string;
  /** It holds what cannot be got back: taken away only when that is asked for. */
  holdsData?: true;
  /** Resources of one queue are made one after the other: their service refuses two changes at once. */
  queue?: string;
  /** In its own words what differs, where "holds what is wanted" does not say it. */
  differences?: (found: Found) => string[];
}

/** What runs a command, where that is not gcloud. */
export type Program = "node" | "bq";

export type Found = Readonly<Record<string, unknown>>;

/** A question to gcloud, answered in JSON; the same one is asked once for all resources. */
export interface Reading {
  program?: Program;
  args: readonly string[];
  /** Finds the resource in the answer. */
  find(answer: unknown): Found | undefined;
}

export interface Command {
  program?: Program;
  /** What gcloud is called with, "gcloud" left out; `$NAME` stands for a variable of the stage. */
  args: readonly string[];
  input?: Input;
}

/** Where a command is told to find its input, when it reads a file and not what it is given. */
export const FILE = "/dev/stdin";

/** What a command reads: a text, a variable of whoever deploys (never shown), or a new secret of 256 bits. */
export type Input = { text: string } | { env: string } | { random: true };

/** A value that only the project knows, looked up once; its text in commands is `$NAME`. */
export interface Variable {
  name: ValueName;
  why: string;
  args: readonly string[];
}

/** What is made together; each stage needs those before it. */
export interface Stage {
  title: string;
  variables?: readonly Variable[];
  /** To be asked after the variables were looked up. */
  resources(): readonly Resource[];
}

/** Finds by name in a list whose entries are called `projects/P/…/name`, or just so. */
export function named(name: string): Reading["find"] {
  return answer => (Array.isArray(answer) ? answer.find(one => isCalled(Object(one).name, name)) : undefined);
}

const isCalled = (full: unknown, name: string): boolean => full === name || String(full).endsWith(`/${name}`);

/**
 * Where `found` lacks something of `wanted`, as "path is X, should be Y". In an answer of Google's a field that is
 * absent is zero, empty or false; a number may be a text, an empty list is none.
 */
export function differencesOf(found: unknown, wanted: unknown, path = ""): string[] {
  if (Array.isArray(wanted)) {
    const list = Array.isArray(found) ? found : [];
    if (list.length !== wanted.length) return [difference(path, found, wanted)];
    return wanted.flatMap((value, index) => differencesOf(list[index], value, `${path}[${index}]`));
  }
  if (typeof wanted === "object" && wanted !== null) {
    return Object.entries(wanted).flatMap(([field, value]) =>
      differencesOf(Reflect.get(Object(found ?? {}), field), value, path === "" ? field : `${path}.${field}`),
    );
  }
  if (String(found ?? "") === String(wanted)) return [];
  if (secondsIn(found) !== undefined && secondsIn(found) === secondsIn(wanted)) return [];
  if ((found === undefined || found === null) && (wanted === 0 || wanted === false)) return [];
  return [difference(path, found, wanted)];
}

/** One length of time has several texts: "0.1s" and "0.100s". */
function secondsIn(value: unknown): number | undefined {
  return typeof value === "string" && /^\d+(\.\d+)?s$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

function difference(path: string, found: unknown, wanted: unknown): string {
  return `${path} is ${found === undefined ? "not set" : JSON.stringify(found)}, should be ${JSON.stringify(wanted)}`;
}
