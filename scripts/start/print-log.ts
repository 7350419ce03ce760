import { clock } from "../../shared/clock.ts";
import type { LogFields, Severity } from "../../shared/log.ts";

/** Fields that begin the line, in order of preference: the function that logged it. */
const SOURCE_FIELDS = ["reaction", "timer", "schedule", "effect", "owner"];
/** Fields that the line contains without their name. */
const UNNAMED_FIELDS = [...SOURCE_FIELDS, "command", "outcome", "event_type", "event_id", "error"];
/** Fields for machines only. */
const HIDDEN_FIELDS = ["traceparent", "correlation_id"];

const SYMBOLS: Readonly<Partial<Record<Severity, string>>> = { INFO: " ", WARNING: "!" };

/** Prints a log entry as one line for people. A sweep that changed nothing is left out. */
export function printLogLine(severity: Severity, message: string, fields: LogFields): void {
  if (message === "schedule.finished" && changedNothing(fields)) return;
  const time = new Date(clock.now()).toISOString().slice(11, 19);
  const source = String(sourceOf(message, fields)).padEnd(13);
  const begin = [fields["command"] ?? fields["event_type"] ?? message, fields["event_id"], fields["outcome"]];
  const named = Object.entries(fields).filter(([name, value]) => value !== undefined && isNamed(name));
  const words = [...begin.filter(Boolean), ...named.map(([name, value]) => `${name}=${textOf(value)}`)];
  process.stdout.write(
    `${time} ${SYMBOLS[severity] ?? "✗"} ${source} ${words.join(" ")}${errorText(fields["error"])}\n`,
  );
}

function sourceOf(message: string, fields: LogFields): unknown {
  const name = SOURCE_FIELDS.find(field => (fields[field] ?? undefined) !== undefined);
  if (name !== undefined) return fields[name];
  return message.startsWith("event.") ? "ingest" : "-";
}

function changedNothing({ ms: _ms, ...counts }: LogFields): boolean {
  return Object.values(counts).every(count => typeof count !== "number" || count === 0);
}

function isNamed(name: string): boolean {
  return !(UNNAMED_FIELDS.includes(name) || HIDDEN_FIELDS.includes(name));
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}

function errorText(error: unknown): string {
  if (error === undefined) return "";
  return `\n${(error instanceof Error ? (error.stack ?? error.message) : String(error)).replace(/^/gm, "    ")}`;
}
