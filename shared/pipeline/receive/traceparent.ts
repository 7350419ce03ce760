import type { IncomingHttpHeaders } from "node:http";
import { isTraceparent } from "../../events/envelope.ts";

/**
 * Returns the trace of a request.
 * @returns undefined when the header is absent or invalid
 */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  return isTraceparent(traceparent) ? traceparent : undefined;
}
