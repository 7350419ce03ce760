import { basename, dirname } from "node:path";
import type { Outcome } from "./verdict.ts";
import { SERVICES } from "./verdict.ts";

/** The parts of `jest --json` that are read. */
export interface JestReport {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: {
      title: string;
      ancestorTitles: string[];
      status: string;
      failureMessages: string[] | null;
    }[];
  }[];
}

/** One outcome per test, the races of each service first. A file that did not run is a failure of its own. */
export function outcomesOf({ testResults }: JestReport): Outcome[] {
  const files = [...testResults].sort((one, other) => (placeOf(one.name) < placeOf(other.name) ? -1 : 1));
  return files.flatMap(file => {
    const service = serviceOf(file.name);
    const outcomes = file.assertionResults.map(
      ({ title, ancestorTitles, status, failureMessages }): Outcome => {
        if (status === "todo") {
          const [reason] = ancestorTitles;
          return { service, behaviour: title, result: "not asked", ...(reason && { reason }) };
        }
        if (status === "passed") return { service, behaviour: title, result: "pass" };
        return {
          service,
          behaviour: title,
          result: "fail",
          failure: (failureMessages ?? [status]).join("\n"),
        };
      },
    );
    const unexplained = file.status === "failed" && !outcomes.some(({ result }) => result === "fail");
    if (!unexplained) return outcomes;
    const behaviour = `${basename(file.name)} runs to its end`;
    return [...outcomes, { service, behaviour, result: "fail", failure: file.message }];
  });
}

function serviceOf(file: string): Outcome["service"] {
  const folder = basename(dirname(file));
  const service = SERVICES.find(name => name === folder);
  if (!service) throw new Error(`${file} lies in no folder of a service: ${SERVICES.join(", ")}`);
  return service;
}

function placeOf(file: string): string {
  const races = basename(file).startsWith("races") ? 0 : 1;
  return `${SERVICES.indexOf(serviceOf(file))} ${races} ${basename(file)}`;
}
