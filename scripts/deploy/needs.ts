import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { functionFiles } from "../plan/load-functions.ts";

/** The services that a function uses, as far as its code can reach them. */
export interface Needs {
  publishes: boolean;
  /** True: the function creates tasks, so it needs the right to act as the invoker. */
  createsTasks: boolean;
  firestore: "none" | "reads" | "writes";
  /** The part of the mail configuration that the function reads at its start. */
  mail: "none" | "unsubscribe-secret" | "all";
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const google = (name: string) => resolve(root, "shared", "google", `${name}.ts`);

/** A route that changes state. A function without one gets read access only. */
const WRITING_ROUTE = /"(POST|PUT|PATCH|DELETE) \//;

/** Returns the needs of each function by its name, derived from its direct and indirect imports. */
export function needsOfFunctions(): ReadonlyMap<string, Needs> {
  return new Map(functionFiles().map(file => [basename(file, ".ts"), needsOf(file)]));
}

function needsOf(file: string): Needs {
  const path = resolve(root, "functions", file);
  const reached = reachedFrom(path);
  const source = readFileSync(path, "utf8");
  const documents = file.startsWith("http/") && !WRITING_ROUTE.test(source) ? "reads" : "writes";
  return {
    publishes: reached.has(google("pubsub")),
    createsTasks: reached.has(google("tasks")),
    firestore: reached.has(google("firestore")) ? documents : "none",
    mail: mailNeeds(source),
  };
}

/** Returns the mail configuration that a function reads at its start. Its deployment has to provide that part. */
function mailNeeds(source: string): Needs["mail"] {
  const [, reader] = /\breadAtStart\((\w+)\)/.exec(source) ?? [];
  if (reader === undefined) return "none";
  return reader === "unsubscribeSecret" ? "unsubscribe-secret" : "all";
}

/** Returns every module that a file loads. Type imports do not exist at run time. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file) || !existsSync(file)) return reached;
  reached.add(file);
  const source = readFileSync(file, "utf8");
  for (const [, path = ""] of source.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "(\.[^"]+)"/gm))
    reachedFrom(resolve(dirname(file), path), reached);
  return reached;
}
