import { topics } from "../../shared/events/catalogue.ts";
import { DEAD_LETTERS } from "../../shared/pipeline/receive/subscription-name.ts";
import type { PlannedSubscription } from "../plan/plan.ts";
import type { Deployment } from "./deployment.ts";
import { policy } from "./policy.ts";
import type { Resource } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { accountEmail, INVOKER, inProject, memberOf, pubsubAgentMember, urlOf } from "./target.ts";

/** The label with the creation time of a subscription in seconds. Pub/Sub does not tell this time. */
export const SINCE = "since";

const WEEK = { days: 7 };
const DAY_SECONDS = 24 * 60 * 60;

/** Returns the topics. */
export function topicResources(deployment: Deployment): Resource[] {
  const { plan, target } = deployment;
  return plan.topics.map(topic => {
    const name = target.prefix + topic;
    return {
      kind: "topic",
      name,
      why: topic === DEAD_LETTERS ? "Messages whose delivery failed a hundred times." : `The topic ${topic}.`,
      read: { args: ["pubsub", "topics", "list", ...inProject(target)], find: named(name) },
      wanted: {},
      create: [{ args: ["pubsub", "topics", "create", name, ...inProject(target)] }],
      remove: () => [{ args: ["pubsub", "topics", "delete", name, ...inProject(target)] }],
      holdsData: true,
    };
  });
}

/** Returns the policies of the topics: the publishers of each. */
export function topicPolicies({ plan, target, needs, value }: Deployment): Resource[] {
  const publishers = [...needs]
    .filter(([, { publishes }]) => publishes)
    .map(([name]) => memberOf(target, name));
  return plan.topics.flatMap(topic => {
    const isOurs = topics.some(ours => ours === topic);
    const isDead = topic === DEAD_LETTERS;
    if (!isOurs && !isDead) return [];
    const members = isDead ? [pubsubAgentMember(value("PROJECT_NUMBER"))] : publishers;
    return policy({
      of: `topic ${target.prefix}${topic}`,
      why: isDead
        ? "Pub/Sub's own account publishes the dead letters."
        : "Publishers: the functions that announce events.",
      group: ["pubsub", "topics"],
      target: [target.prefix + topic, ...inProject(target)],
      bindings: [{ role: "roles/pubsub.publisher", members }],
    });
  });
}

/** Returns the push subscriptions. */
export function subscriptionResources({ plan, target, nowMs }: Deployment): Resource[] {
  return plan.subscriptions.map(planned => subscription(planned, target, nowMs));
}

/** Returns the right of Pub/Sub's own account to take dead letters off each subscription. */
export function subscriptionPolicies({ plan, target, value }: Deployment): Resource[] {
  const withDeadLetters = plan.subscriptions.filter(({ deadLetter }) => deadLetter !== undefined);
  return withDeadLetters.map(({ name, functionName }) =>
    policy({
      of: `subscription ${target.prefix}${name}`,
      why: "Pub/Sub's own account moves dead letters off this subscription.",
      group: ["pubsub", "subscriptions"],
      target: [target.prefix + name, ...inProject(target)],
      bindings: [{ role: "roles/pubsub.subscriber", members: [pubsubAgentMember(value("PROJECT_NUMBER"))] }],
      functionName,
    }),
  );
}

function subscription(planned: PlannedSubscription, target: Target, nowMs: number): Resource {
  const name = target.prefix + planned.name;
  const { functionName, topic, filter } = planned;
  const create = [
    "--enable-message-ordering",
    ...(filter === "" ? [] : [`--message-filter=${filter}`]),
    // An old subscription can be removed when this one is older than the undelivered messages.
    `--labels=${SINCE}=${Math.floor(nowMs / 1000)}`,
  ];
  return {
    kind: "subscription",
    name,
    why: `Pushes ${filter === "" ? "every message" : "the matching messages"} on ${topic} to ${functionName}${planned.processing ? `, ${planned.processing}` : ""}.`,
    read: { args: ["pubsub", "subscriptions", "list", ...inProject(target)], find: named(name) },
    wanted: wantedSubscription(planned, target),
    create: [
      {
        args: [
          ...["pubsub", "subscriptions", "create", name, `--topic=${target.prefix}${topic}`],
          ...create,
          ...changeable(planned, target),
          ...inProject(target),
        ],
      },
    ],
    update: () => [
      {
        args: [
          "pubsub",
          "subscriptions",
          "update",
          name,
          ...changeable(planned, target),
          ...inProject(target),
        ],
      },
    ],
    remove: () => [{ args: ["pubsub", "subscriptions", "delete", name, ...inProject(target)] }],
    holdsData: true,
    functionName,
  };
}

function changeable(planned: PlannedSubscription, target: Target): string[] {
  const url = urlOf(target, planned.functionName);
  const { deadLetter, retentionDays = WEEK.days } = planned;
  return [
    `--push-endpoint=${url}`,
    `--push-auth-service-account=${accountEmail(target, INVOKER)}`,
    `--push-auth-token-audience=${url}`,
    `--ack-deadline=${planned.ackDeadlineSeconds}`,
    `--min-retry-delay=${planned.minBackoffSeconds}s`,
    `--max-retry-delay=${planned.maxBackoffSeconds}s`,
    `--message-retention-duration=${retentionDays}d`,
    "--expiration-period=never",
    ...(deadLetter
      ? [
          `--dead-letter-topic=${target.prefix}${deadLetter.topic}`,
          `--max-delivery-attempts=${deadLetter.maxDeliveryAttempts}`,
        ]
      : []),
  ];
}

/** Returns the subscription as Pub/Sub describes it. A subscription that never expires has a policy without a time. */
function wantedSubscription(planned: PlannedSubscription, target: Target): object {
  const { deadLetter, retentionDays = WEEK.days } = planned;
  const url = urlOf(target, planned.functionName);
  return {
    topic: `projects/${target.project}/topics/${target.prefix}${planned.topic}`,
    filter: planned.filter,
    enableMessageOrdering: true,
    ackDeadlineSeconds: planned.ackDeadlineSeconds,
    pushConfig: {
      pushEndpoint: url,
      oidcToken: { serviceAccountEmail: accountEmail(target, INVOKER), audience: url },
    },
    retryPolicy: {
      minimumBackoff: `${planned.minBackoffSeconds}s`,
      maximumBackoff: `${planned.maxBackoffSeconds}s`,
    },
    messageRetentionDuration: `${retentionDays * DAY_SECONDS}s`,
    ...(deadLetter && {
      deadLetterPolicy: {
        deadLetterTopic: `projects/${target.project}/topics/${target.prefix}${deadLetter.topic}`,
        maxDeliveryAttempts: deadLetter.maxDeliveryAttempts,
      },
    }),
  };
}
