import type { EventType } from "../../shared/events/catalogue.ts";
import { catalogue, definitionOf, topics } from "../../shared/events/catalogue.ts";
import type { Declaration, ReactionDeclaration } from "../../shared/pipeline/declaration.ts";
import { RELEASES } from "../../shared/pipeline/outbox/post-release.ts";
import {
  DEAD_LETTERS,
  subscriptionName,
  USER_EVENTS,
} from "../../shared/pipeline/receive/subscription-name.ts";

/** The resources around the functions, derived from their declarations. */
export interface Plan {
  topics: readonly string[];
  subscriptions: readonly PlannedSubscription[];
  queues: readonly string[];
  schedules: readonly { functionName: string; cron: string }[];
  callers: readonly PlannedCaller[];
}

/** The callers of one function. Cloud Run's IAM refuses all others. */
export interface PlannedCaller {
  functionName: string;
  /**
   * "invoker": Pub/Sub, Cloud Tasks and Cloud Scheduler, as the deployment's own account. The function checks this
   * account, too. "services": the accounts of other systems with roles/run.invoker; only IAM checks these accounts.
   * "public": all callers, without a token.
   */
  callers: "invoker" | "services" | "public";
}

/** One push subscription. */
export interface PlannedSubscription {
  name: string;
  topic: string;
  functionName: string;
  /** A filter in Pub/Sub's language. Empty: every message of the topic. */
  filter: string;
  ackDeadlineSeconds: number;
  minBackoffSeconds: number;
  maxBackoffSeconds: number;
  /** Absent: a consumer's subscription, whose messages have no dead letters. */
  deadLetter?: { topic: string; maxDeliveryAttempts: number };
  retentionDays?: number;
  /** "immediate": a client waits for the result, so the function keeps an instance warm. */
  processing?: "immediate";
}

/** Max bytes of a filter: Pub/Sub's own limit (https://cloud.google.com/pubsub/docs/subscription-message-filter). */
const MAX_FILTER_BYTES = 256;

const delivery = {
  ackDeadlineSeconds: 60, // also the max time of a push: a transaction under contention retries for a while
  minBackoffSeconds: 10,
  maxBackoffSeconds: 600,
};

/** Pub/Sub allows at most 100 attempts. A function that can run records an outcome in the ledger long before. */
const deadLetter = { topic: DEAD_LETTERS, maxDeliveryAttempts: 100 };

/** Derives the plan from the declarations of all functions. */
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
  if (declaration.kind === "reaction") return reactionSubscriptions(declaration);
  if (declaration.kind !== "consumer") return [];
  const { name, shares } = declaration;
  return shares.map(({ topic, ...share }) => planned(name, topic, { ...delivery, ...share }));
}

/**
 * Plans one subscription per reaction, topic and processing. Order holds within one subscription only, and a backlog
 * delays only its own subscription.
 */
function reactionSubscriptions({ name, types, immediate = [] }: ReactionDeclaration): PlannedSubscription[] {
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
 * Returns a filter that passes a reaction's types, without blanks when only that fits into 256 bytes. When the list of
 * types does not fit at all, the filter passes more types. Reactions check the type again.
 */
function filterFor(topic: string, types: readonly EventType[]): string {
  const onTopic = [...catalogue.values()].filter(definition => definition.topic === topic);
  const wanted = onTopic.filter(definition => types.includes(definition.type as EventType)).map(d => d.type);
  const unwanted = onTopic.map(d => d.type).filter(type => !wanted.includes(type));
  const candidates = [
    wanted.map(type => `attributes.event_type = "${type}"`).join(" OR "),
    wanted.map(type => `attributes.event_type="${type}"`).join(" OR "),
    ["attributes:event_type", ...unwanted.map(type => `attributes.event_type != "${type}"`)].join(" AND "),
    "attributes:event_type",
  ];
  if (unwanted.length === 0) return "attributes:event_type";
  return candidates.find(filter => Buffer.byteLength(filter) <= MAX_FILTER_BYTES) ?? "";
}
