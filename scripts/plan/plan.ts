import type { EventType } from "../../shared/events/catalogue.ts";
import { catalogue, definitionOf, topics } from "../../shared/events/catalogue.ts";
import type { Declaration, ReactionDeclaration } from "../../shared/pipeline/declaration.ts";
import { RELEASES } from "../../shared/pipeline/outbox/post-release.ts";
import {
  DEAD_LETTERS,
  subscriptionName,
  USER_EVENTS,
} from "../../shared/pipeline/receive/subscription-name.ts";

/** What the deployed functions need around them, derived from what they declare. */
export interface Plan {
  topics: readonly string[];
  subscriptions: readonly PlannedSubscription[];
  queues: readonly string[];
  schedules: readonly { functionName: string; cron: string }[];
  callers: readonly PlannedCaller[];
}

/** Who may call a function; to nobody else does Cloud Run's IAM let it answer. */
export interface PlannedCaller {
  functionName: string;
  /**
   * "invoker": Pub/Sub, Cloud Tasks and Cloud Scheduler, as the deployment's own account, which the function looks at
   * again. "services": the accounts of other systems that were let in; the function leaves that to IAM. "public":
   * whoever has its address, without a token.
   */
  callers: "invoker" | "services" | "public";
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
  /** Only reactions have one; a consumer is where messages end. */
  deadLetter?: { topic: string; maxDeliveryAttempts: number };
  retentionDays?: number;
  /** Its function keeps an instance warm: somebody is waiting. */
  processing?: "immediate";
}

/** Pub/Sub's own limit (https://cloud.google.com/pubsub/docs/subscription-message-filter). */
const MAX_FILTER_BYTES = 256;

const delivery = {
  ackDeadlineSeconds: 60, // also the time a push may take: a transaction under contention retries for a while
  minBackoffSeconds: 10,
  maxBackoffSeconds: 600,
};

/** A hundred attempts are Pub/Sub's most: whatever can run ends in the ledger long before. */
const deadLetter = { topic: DEAD_LETTERS, maxDeliveryAttempts: 100 };

export function planOf(declarations: readonly Declaration[]): Plan {
  return {
    topics: [...topics, DEAD_LETTERS, USER_EVENTS],
    subscriptions: declarations.flatMap(subscriptionsOf),
    queues: [
      ...declarations.filter(d => d.kind === "timer" || d.kind === "effect").map(d => d.name),
      RELEASES,
    ],
    schedules: declarations.flatMap(d =>
      d.kind === "schedule" ? [{ functionName: d.name, cron: d.cron }] : [],
    ),
    callers: declarations.map(declaration => ({
      functionName: declaration.name,
      callers: declaration.kind === "http" ? (declaration.callers ?? "services") : "invoker",
    })),
  };
}

function subscriptionsOf(declaration: Declaration): PlannedSubscription[] {
  if (declaration.kind === "reaction") return ofReaction(declaration);
  if (declaration.kind !== "consumer") return [];
  const { name, shares } = declaration;
  return shares.map(({ topic, ...share }) => planned(name, topic, { ...delivery, ...share }));
}

/**
 * One subscription per reaction, topic and processing: order holds within one subscription only, and a backlog is
 * one subscription's own.
 */
function ofReaction({ name, types, immediate = [] }: ReactionDeclaration): PlannedSubscription[] {
  const background = types.filter(type => !immediate.includes(type));
  return [...perTopic(name, background), ...perTopic(name, immediate, { processing: "immediate" })];
}

function perTopic(
  name: string,
  types: readonly EventType[],
  options: Pick<PlannedSubscription, "processing"> = {},
): PlannedSubscription[] {
  const wantedTopics = [...new Set(types.map(type => definitionOf(type).topic))];
  return wantedTopics.map(topic =>
    planned(name, topic, { ...delivery, deadLetter, filter: filterFor(topic, types), ...options }),
  );
}

function planned(
  functionName: string,
  topic: string,
  options: Omit<PlannedSubscription, "name" | "topic" | "functionName">,
): PlannedSubscription {
  return { name: subscriptionName(functionName, topic, options), topic, functionName, ...options };
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
