import { expect } from "@jest/globals";
import type { EventType } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";
import { announce } from "./announce.ts";
import type { World } from "./worlds/world.ts";

/**
 * Sends an event as its producer does: to ingest, or as its owner announces it.
 * @param announcedBy the function that announces it. Absent: ingest, except for a type that the shop alone announces
 */
export async function reportEvent(
  world: Pick<World, "send">,
  event: { event_type: EventType } & Record<string, unknown>,
  announcedBy = onlyOwner(event.event_type),
): Promise<void> {
  if (announcedBy !== undefined) return announce(event, announcedBy);
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
}

function onlyOwner(type: EventType): string | undefined {
  const { owner, thing } = definitionOf(type);
  return thing?.outside === "never" ? owner?.[0] : undefined;
}
