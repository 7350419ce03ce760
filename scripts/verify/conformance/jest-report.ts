import { basename, dirname } from "node:path";
import type { BehaviourResult } from "./verdict.ts";
import { SERVICES } from "./verdict.ts";

/** The fields of `jest --json` that are read here. */
export interface JestReport {
  testResults: JestFile[];
}

interface JestFile {
  name: string;
  status: string;
  message: string;
  assertionResults: {
    title: string;
    ancestorTitles: string[];
    status: string;
    failureMessages: string[] | null;
  }[];
}

/**
 * Reads a jest report.
 * @returns one result per test, the races of each service first. A file that did not run is one failure.
 */
export function readJestReport({ testResults }: JestReport): BehaviourResult[] {
  const files = [...testResults].sort((a, b) => (positionOf(a.name) < positionOf(b.name) ? -1 : 1));
  return files.flatMap(file => {
    const service = serviceOf(file.name);
    const results = file.assertionResults.map(assertion => resultOf(service, assertion));
    const isUnexplained = file.status === "failed" && !results.some(({ result }) => result === "fail");
    if (!isUnexplained) return results;
    const behaviour = `${basename(file.name)} runs to its end`;
    return [...results, { service, behaviour, result: "fail" as const, failure: file.message }];
  });
}

function resultOf(
  service: BehaviourResult["service"],
  { title, ancestorTitles, status, failureMessages }: JestFile["assertionResults"][number],
): BehaviourResult {
  const behaviour = { service, behaviour: title };
  if (status === "todo") return { ...behaviour, result: "not tested", reason: ancestorTitles[0] };
  if (status === "passed") return { ...behaviour, result: "pass" };
  return { ...behaviour, result: "fail", failure: (failureMessages ?? [status]).join("\n") };
}

function serviceOf(file: string): BehaviourResult["service"] {
  const folder = basename(dirname(file));
  const service = SERVICES.find(name => name === folder);
  if (!service) throw new Error(`Folder of ${file} unknown: expected ${SERVICES.join(", ")}, got ${folder}`);
  return service;
}

function positionOf(file: string): string {
  const races = basename(file).startsWith("races") ? 0 : 1;
  return `${SERVICES.indexOf(serviceOf(file))} ${races} ${basename(file)}`;
}
