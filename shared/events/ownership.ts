import type { EventType, FactOf } from "./catalogue.ts";
import { catalogue, definitionOf } from "./catalogue.ts";
import type { OwnedThing } from "./define.ts";
import type { JsonObject } from "./json-object.ts";

/** The owner of everything that unconfigured producers make. */
export const OUTSIDE = "outside";

/** The functions of this shop that own things. */
export const OWNERS: ReadonlySet<string> = new Set(
  [...catalogue.values()].flatMap(({ owner = [] }) => owner),
);

/** The fields by which a document names its owner. The transaction that first writes the document writes them, once. */
export interface Owned {
  /** A function of this shop, the group of an outside producer, or `outside`. Absent: no fact has claimed the thing. */
  owned_by?: string;
  /** Time of the claim, in milliseconds. A fact received before this time counts as it did before the claim. */
  owned_since_ms?: number;
}

/** A fact with the fields that its judgement needs. */
export interface JudgedFact {
  readonly event_type: EventType;
  readonly event_id: string;
  readonly producer: string;
  readonly received_at: string;
  readonly user_id?: string;
  readonly order_id?: string;
  readonly payload: object;
}

/** The document of an owned thing. */
export interface ThingPlace {
  in: string;
  id: string;
}

/**
 * The judgement of a fact. `foreign`: another owner decides about the thing. `conflict`: the fact claims a thing that has
 * another owner. `waits`: no fact has claimed the thing yet.
 */
export type Judgement = "counts" | "foreign" | "conflict" | "waits";

/** The producers of a deployment, as a judgement needs them. */
export interface ProducerGroups {
  /** Returns the owner that an outside producer belongs to. */
  ownerOf(producer: string): string;
  /** True when producers are configured, so that things may have several outside owners. */
  areConfigured: boolean;
}

/** Tells whether one of the functions that decide about such things announced the fact. */
export function isFromOwner({
  event_type,
  producer,
}: Pick<FactOf, "event_type"> & { producer: string }): boolean {
  return definitionOf(event_type).owner?.includes(producer) ?? false;
}

/**
 * Finds the document that says who owns the thing of a fact. A fact of an owner needs no document.
 * @returns undefined when the judgement needs no document
 */
export function thingToJudge(fact: JudgedFact): ThingPlace | undefined {
  if (definitionOf(fact.event_type).thing?.outside === "never" || isFromOwner(fact)) return undefined;
  return thingOf(fact);
}

/**
 * Finds the thing that a fact is about.
 * @returns undefined for a type without an owner
 */
export function thingOf(fact: JudgedFact): ThingPlace | undefined {
  const { thing } = definitionOf(fact.event_type);
  const id = thing && idOf(fact, thing);
  return thing && id !== undefined ? { in: thing.in, id } : undefined;
}

function idOf(fact: JudgedFact, { id: places }: OwnedThing): string | undefined {
  const payload = fact.payload as JsonObject;
  const ids = places.map(place =>
    place === "user_id" || place === "order_id" || place === "event_id"
      ? fact[place]
      : payload[place.slice("/payload/".length)],
  );
  return ids.find(id => typeof id === "string");
}

/**
 * Judges a fact by the document of its thing. The result depends on the claim, not on the time of the judgement. A
 * replay judges in the same way.
 * @param document undefined when no document exists
 */
export function judge(fact: JudgedFact, document: Owned | undefined, groups: ProducerGroups): Judgement {
  const { thing } = definitionOf(fact.event_type);
  if (!thing || isFromOwner(fact)) return "counts";
  if (thing.outside === "never") return "foreign";
  const { owned_by, owned_since_ms = 0 } = document ?? {};
  if (owned_by === undefined) return thing.waits && groups.areConfigured ? "waits" : "counts";
  if (isSameOwner(owned_by, groups.ownerOf(fact.producer))) return "counts";
  if (thing.outside === "reports" && !OWNERS.has(owned_by)) return "counts";
  // Two claims may be received in one order and processed in the other. The processed one stands.
  if (thing.outside === "claims") return "conflict";
  // A fact that had to wait is judged by the claim; any other earlier fact counted before the claim existed.
  return !thing.waits && Date.parse(fact.received_at) < owned_since_ms ? "counts" : "foreign";
}

/** Things from the time before producers were configured belong to every outside producer. */
function isSameOwner(ownedBy: string, owner: string): boolean {
  return ownedBy === owner || ownedBy === OUTSIDE;
}
