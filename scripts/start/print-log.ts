import { clock } from "../../shared/clock.ts";
import type { LogFields, Severity } from "../../shared/log.ts";

/** Fields that are said in the line's own words, or that only machines read. */
const SAID = [
  "reaction",
  "timer",
  "schedule",
  "effect",
  "owner",
  "command",
  "outcome",
  "event_type",
  "event_id",
  "error",
];
const HIDDEN = ["traceparent", "correlation_id"];

/** The log as a person watches it: one line each, an uneventful sweep left out. */
export function printForPeople(severity: Severity, message: string, fields: LogFields): void {
  if (message === "schedule.finished" && didNothing(fields)) return;
  const who =
    fields["reaction"] ??
    fields["timer"] ??
    fields["schedule"] ??
    fields["effect"] ??
    fields["owner"] ??
    (message.startsWith("event.") ? "ingest" : "-");
  const what = [fields["command"] ?? fields["event_type"] ?? message, fields["event_id"], fields["outcome"]];
  const rest = Object.entries(fields).filter(([name, value]) => value !== undefined && !hidden(name));
  const words = [...what.filter(Boolean), ...rest.map(([name, value]) => `${name}=${textOf(value)}`)];
  const time = new Date(clock.now()).toISOString().slice(11, 19);
  const mark = severity === "INFO" ? " " : severity === "WARNING" ? "!" : "✗";
  process.stdout.write(
    `${time} ${mark} ${String(who).padEnd(13)} ${words.join(" ")}${errorText(fields["error"])}\n`,
  );
}

function didNothing({ ms: _ms, ...did }: LogFields): boolean {
  return Object.values(did).every(count => typeof count !== "number" || count === 0);
}

function hidden(name: string): boolean {
  return SAID.includes(name) || HIDDEN.includes(name);
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}

function errorText(error: unknown): string {
  if (error === undefined) return "";
  return `\n${(error instanceof Error ? (error.stack ?? error.message) : String(error)).replace(/^/gm, "    ")}`;
}
