import type { ValueName } from "./deployment.ts";

/** A resource of the deployment, with the commands that read, create, change and remove it. */
export interface Resource {
  /** The kind of resource in words: "topic". */
  kind: string;
  name: string;
  /** The purpose of the resource: the comment above its step in the script. */
  why: string;
  read: Reading;
  /** The values that the reading must find; it may find more. */
  wanted: object;
  create: readonly Command[];
  /** The commands that change a resource that differs. Absent: `create` changes it, too. */
  update?: (found: Found) => readonly Command[];
  /** The commands that remove it. Absent: the resource cannot or must not be removed. */
  remove?: (found: Found) => readonly Command[];
  /** The one function that uses the resource: `--only` deploys both. Absent: several functions use it. */
  functionName?: string;
  /** True: the resource holds data that cannot be restored. `destroy` keeps it without --with-data. */
  holdsData?: true;
  /** The queue of its changes. Their service refuses two changes at once, so a queue runs one after the other. */
  queue?: string;
  /** Returns the differences. Absent: `wanted` is compared with the found resource. */
  differences?: (found: Found) => string[];
}

/** The program of a command that is not gcloud. */
export type Program = "node" | "bq";

export type Found = Readonly<Record<string, unknown>>;

/** A reading command with output in JSON. Resources with the same arguments share one reading. */
export interface Reading {
  program?: Program;
  args: readonly string[];
  /** Finds the resource in the answer. */
  find(answer: unknown): Found | undefined;
}

export interface Command {
  program?: Program;
  /** The arguments without "gcloud". `$NAME` stands for a variable of the stage. */
  args: readonly string[];
  input?: Input;
}

/** The file argument of a command that reads its input from a file. */
export const FILE = "/dev/stdin";

/** The input of a command: a text, an environment variable (never printed), or a new secret of 256 bits. */
export type Input = { text: string } | { env: string } | { random: true };

/** A value that only the project knows. Commands refer to it as `$NAME`. */
export interface Variable {
  name: ValueName;
  why: string;
  args: readonly string[];
}

/** Resources that are created together. Each stage needs the stages before it. */
export interface Stage {
  title: string;
  variables?: readonly Variable[];
  /** Returns the resources. The variables are read before this call. */
  resources(): readonly Resource[];
}

/** Finds a resource in a list by its name, with or without the path `projects/P/…/` before it. */
export function named(name: string): Reading["find"] {
  return answer => (Array.isArray(answer) ? answer.find(one => isCalled(Object(one).name, name)) : undefined);
}

const isCalled = (full: unknown, name: string): boolean => full === name || String(full).endsWith(`/${name}`);

/**
 * Compares a found resource with the wanted values.
 * In Google's answers an absent field means zero, empty or false, and a number may be a text.
 * @returns the differences as "path is X, should be Y"
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

/** Returns the seconds in a duration, because one duration has several texts: "0.1s" and "0.100s". */
function secondsIn(value: unknown): number | undefined {
  return typeof value === "string" && /^\d+(\.\d+)?s$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

function difference(path: string, found: unknown, wanted: unknown): string {
  return `${path} is ${found === undefined ? "not set" : JSON.stringify(found)}, should be ${JSON.stringify(wanted)}`;
}
