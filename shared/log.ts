import { config } from "./config.ts";

export type Severity = "INFO" | "WARNING" | "ERROR";
export type LogFields = Readonly<Record<string, unknown>>;
export type LogSink = (severity: Severity, message: string, fields: LogFields) => void;

let sink: LogSink = writeJsonLine;

/** Replaces the log sink of this process. The local runtime prints the log for people. */
export function setLogSink(replacement: LogSink): void {
  sink = replacement;
}

/**
 * Writes one structured log line. Fields hold ids, names, numbers and reasons only, never a payload: a payload may hold
 * personal data. An `error` field is written with its stack.
 */
export function log(severity: Severity, message: string, fields: LogFields = {}): void {
  sink(severity, message, fields);
}

/** Writes the line that Cloud Logging parses (https://cloud.google.com/logging/docs/structured-logging). */
function writeJsonLine(severity: Severity, message: string, fields: LogFields): void {
  const { error, traceparent, ...rest } = fields;
  const line = {
    severity,
    message,
    ...rest,
    ...(error === undefined ? {} : { stack: error instanceof Error ? error.stack : String(error) }),
    ...traceFields(traceparent),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function traceFields(traceparent: unknown): Record<string, unknown> {
  const match =
    typeof traceparent === "string"
      ? /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent)
      : null;
  if (!match) return {};
  const [, traceId, spanId, flags = "00"] = match;
  return {
    "logging.googleapis.com/trace": `projects/${config().projectId}/traces/${traceId}`,
    "logging.googleapis.com/spanId": spanId,
    "logging.googleapis.com/trace_sampled": (Number.parseInt(flags, 16) & 1) === 1,
  };
}
