import type { Owned } from "../events/ownership.ts";
import { producers } from "./producers.ts";

/** Returns the owner of a thing that a fact of an outside producer makes known. The thing's document keeps it. */
export function claimOf({ producer }: { producer: string }, { nowMs }: { nowMs: number }): Required<Owned> {
  return { owned_by: producers().ownerOf(producer), owned_since_ms: nowMs };
}
