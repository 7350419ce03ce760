import type { EventType } from "../events/catalogue.ts";
import type { HttpRequest } from "../http/handler.ts";
import { Problem } from "../http/problem.ts";
import type { Producer, Producers } from "./producers.ts";

/** The producer of every event while no producers are configured. */
const ANY_CALLER = "ingest";

/** The sender of a request. */
export interface Caller {
  /** The name that the pipeline records as producer. */
  name: string;
  /** Absent: no producers are configured, and every type passes. */
  producer?: Producer;
}

/**
 * Finds the producer that sent a request, by the key in `x-api-key` or `Authorization: Bearer`. Without configured
 * producers the request needs no key.
 * @throws Problem 401 for a missing or unknown key
 */
export function callerOf({ headers }: Pick<HttpRequest, "headers">, producers: Producers): Caller {
  if (!producers.areConfigured) return { name: ANY_CALLER };
  const [bearer] = headers.authorization?.match(/(?<=^Bearer )\S+$/i) ?? [];
  const key = headers["x-api-key"] ?? bearer;
  const producer = typeof key === "string" ? producers.byKey(key) : undefined;
  if (producer) return { name: producer.name, producer };
  throw new Problem({
    status: 401,
    slug: "unknown-producer",
    detail:
      "The request names no configured producer. Send the producer's key in x-api-key or as a Bearer token.",
    headers: { "www-authenticate": "Bearer" },
  });
}

/**
 * Refuses a type that the caller is not configured for.
 * @throws Problem 403 with a pointer to the type
 */
export function checkMayReport({ producer }: Caller, type: EventType): void {
  if (!producer || producer.types.has(type)) return;
  const expected = `one of the producer's types: ${[...producer.types].join(", ")}`;
  throw new Problem({
    status: 403,
    slug: "type-not-yours",
    detail: "The producer is not configured for events of this type.",
    faults: [{ pointer: "/event_type", expected, received: type }],
  });
}
