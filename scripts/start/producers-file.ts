import { readFileSync } from "node:fs";
import { ConfigError } from "../../shared/errors.ts";
import { parseProducers } from "../../shared/producers/producers.ts";
import { UsageError } from "../cli/usage.ts";

/**
 * Reads the file of producers and checks its content.
 * @returns the content, for the variable PRODUCERS
 * @throws UsageError when the file is missing or its content is wrong
 */
export function producersIn(file: string): string {
  const json = textOf(file);
  try {
    parseProducers(json);
    return json;
  } catch (error) {
    if (error instanceof ConfigError)
      throw new UsageError(`--producers ${file} is unusable. ${error.message}`);
    throw error;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`--producers invalid: expected a file with producers as JSON, got "${file}".`);
  }
}

/** Describes in one line who may report events. */
export function producersLine(json: string | undefined): string {
  const { all } = parseProducers(json);
  if (all.length > 0) return `${all.map(({ name }) => name).join(" ")}; other callers of ingest are refused`;
  return "none are configured: every caller may report every type; npm start -- --producers FILE names them";
}
