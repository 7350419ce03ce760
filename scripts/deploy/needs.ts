import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { functionFiles } from "../plan/load-functions.ts";

/** What a function does to the services around it, as far as its code can reach them. */
export interface Needs {
  publishes: boolean;
  /** Creates tasks, for which it has to be allowed to have the invoker call. */
  createsTasks: boolean;
  firestore: "none" | "reads" | "writes";
  /** Which part of the mail configuration it reads when it starts. */
  mail: "none" | "unsubscribe-secret" | "all";
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const google = (name: string) => resolve(root, "shared", "google", `${name}.ts`);

/** A route that decides: only a function without one is refused writing. */
const DECIDES = /"(POST|PUT|PATCH|DELETE) \//;

/** What each function needs, by its name, from what its file imports and what that imports. */
export function needsOfFunctions(): ReadonlyMap<string, Needs> {
  return new Map(functionFiles().map(file => [basename(file, ".ts"), needsOf(file)]));
}

function needsOf(file: string): Needs {
  const path = resolve(root, "functions", file);
  const reached = reachedFrom(path);
  const source = readFileSync(path, "utf8");
  const documents = file.startsWith("http/") && !DECIDES.test(source) ? "reads" : "writes";
  return {
    publishes: reached.has(google("pubsub")),
    createsTasks: reached.has(google("tasks")),
    firestore: reached.has(google("firestore")) ? documents : "none",
    mail: mailNeeds(source),
  };
}

/** Only what a function reads when it starts is asked of its deployment. */
function mailNeeds(source: string): Needs["mail"] {
  const [, what] = /\breadAtStart\((\w+)\)/.exec(source) ?? [];
  if (what === undefined) return "none";
  return what === "unsubscribeSecret" ? "unsubscribe-secret" : "all";
}

/** Every module that a file loads: what it imports only for types is not there at run time. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file) || !existsSync(file)) return reached;
  reached.add(file);
  const source = readFileSync(file, "utf8");
  for (const [, path = ""] of source.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "(\.[^"]+)"/gm))
    reachedFrom(resolve(dirname(file), path), reached);
  return reached;
}
