import type { IncomingHttpHeaders } from "node:http";
import { isTraceparent } from "../../events/envelope.ts";

/** The trace a request belongs to, undefined when it names none or an invalid one. */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  return isTraceparent(traceparent) ? traceparent : undefined;
}
