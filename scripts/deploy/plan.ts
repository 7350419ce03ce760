import type { EventType } from "../../shared/events/catalogue.ts";
import { catalogue, definitionOf, topics } from "../../shared/events/catalogue.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { hashOf } from "../../shared/pipeline/ids.ts";
import { RELEASES } from "../../shared/pipeline/release.ts";

/** What the deployed functions need around them, derived from what they declare. */
export interface Plan {
  topics: readonly string[];
  subscriptions: readonly PlannedSubscription[];
  queues: readonly string[];
  schedules: readonly { functionName: string; cron: string }[];
}

export interface PlannedSubscription {
  name: string;
  topic: string;
  functionName: string;
  /** Empty: everything on the topic. */
  filter: string;
  ackDeadlineSeconds: number;
  minBackoffSeconds: number;
  maxBackoffSeconds: number;
  deadLetterTopic: string;
  maxDeliveryAttempts: number;
}

export const DEAD_LETTERS = "pulsecart.dead-letters";

/** Pub/Sub's own limit (https://cloud.google.com/pubsub/docs/subscription-message-filter). */
const MAX_FILTER_BYTES = 256;

const delivery = {
  ackDeadlineSeconds: 60, // also the time a push may take: a transaction under contention retries for a while
  minBackoffSeconds: 10,
  maxBackoffSeconds: 600,
  deadLetterTopic: DEAD_LETTERS,
  maxDeliveryAttempts: 100, // Pub/Sub's most: whatever can run ends in the ledger long before
};

export function planOf(declarations: readonly Declaration[]): Plan {
  return {
    topics: [...topics, DEAD_LETTERS],
    subscriptions: declarations.flatMap(subscriptionsOf),
    queues: [...declarations.filter(d => d.kind === "timer").map(d => d.name), RELEASES],
    schedules: declarations.flatMap(d =>
      d.kind === "schedule" ? [{ functionName: d.name, cron: d.cron }] : [],
    ),
  };
}

/** One subscription per reaction and topic: order holds within one subscription only. */
function subscriptionsOf(declaration: Declaration): PlannedSubscription[] {
  if (declaration.kind !== "reaction") return [];
  const { name: functionName, types } = declaration;
  const wantedTopics = [...new Set(types.map(type => definitionOf(type).topic))];
  return wantedTopics.map(topic => {
    const options = { ...delivery, filter: filterFor(topic, types) };
    // A filter or an option that changes makes another subscription beside the old one, which drains.
    const hash = hashOf(JSON.stringify(options)).slice(0, 8);
    const name = `${topic.replace("pulsecart.", `pulsecart.${functionName}.`)}.${hash}`;
    return { name, topic, functionName, ...options };
  });
}

/**
 * The filter that lets a reaction's types through. Reactions look again, so a list that does not fit into 256
 * bytes may let more through than is wanted, never less.
 */
function filterFor(topic: string, types: readonly EventType[]): string {
  const onTopic = [...catalogue.values()].filter(definition => definition.topic === topic);
  const wanted = onTopic.filter(definition => types.includes(definition.type as EventType)).map(d => d.type);
  const unwanted = onTopic.map(d => d.type).filter(type => !wanted.includes(type));
  const candidates = [
    wanted.map(type => `attributes.event_type = "${type}"`).join(" OR "),
    ["attributes:event_type", ...unwanted.map(type => `attributes.event_type != "${type}"`)].join(" AND "),
    "attributes:event_type",
  ];
  if (unwanted.length === 0) return "attributes:event_type";
  return candidates.find(filter => Buffer.byteLength(filter) <= MAX_FILTER_BYTES) ?? "";
}
