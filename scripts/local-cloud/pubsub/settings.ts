import { status } from "@grpc/grpc-js";
import { isHttpUrl } from "../delivery/http-request.ts";
import { DAY_MS, MINUTE_MS } from "../durations.ts";
import { invalidArgument, RpcError } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime, toWireTime } from "../wire-time.ts";
import { DEFAULT_MAXIMUM_MS, DEFAULT_MINIMUM_MS } from "./backoff.ts";
import { parseName } from "./names.ts";
import type { DeadLetterPolicy, PushConfig, RetryPolicy, WireSubscription } from "./wire.ts";

const DEFAULT_TTL_MS = 31 * DAY_MS;

/** Subscription fields that would change delivery. A subscription with one of them is refused. */
const UNSUPPORTED = [
  "bigqueryConfig",
  "cloudStorageConfig",
  "bigtableConfig",
  "enableExactlyOnceDelivery",
  "messageTransforms",
  "detached",
] as const;

const UPDATABLE: Readonly<Record<string, keyof WireSubscription>> = {
  push_config: "pushConfig",
  ack_deadline_seconds: "ackDeadlineSeconds",
  retain_acked_messages: "retainAckedMessages",
  message_retention_duration: "messageRetentionDuration",
  labels: "labels",
  expiration_policy: "expirationPolicy",
  dead_letter_policy: "deadLetterPolicy",
  retry_policy: "retryPolicy",
};

/**
 * Completes a new subscription's settings with Google's defaults.
 * @throws RpcError INVALID_ARGUMENT for settings that Google refuses, UNIMPLEMENTED for unsupported ones
 */
export function completeSettings(wire: WireSubscription): WireSubscription {
  refuseUnsupported(wire, UNSUPPORTED);
  parseName(wire.name, "subscriptions");
  parseName(wire.topic, "topics");
  checkExpiration(wire.expirationPolicy);
  const { deadLetterPolicy } = wire;
  return {
    ...wire,
    pushConfig: checkPushConfig(wire.pushConfig),
    ackDeadlineSeconds: ackDeadline(wire.ackDeadlineSeconds),
    messageRetentionDuration: retention(wire.messageRetentionDuration),
    expirationPolicy: wire.expirationPolicy ?? { ttl: toWireTime(DEFAULT_TTL_MS) },
    ...(deadLetterPolicy && { deadLetterPolicy: checkDeadLetterPolicy(deadLetterPolicy) }),
    ...(wire.retryPolicy && { retryPolicy: checkRetryPolicy(wire.retryPolicy) }),
  };
}

/**
 * Returns the settings after an update of the fields in the mask. Filter and ordering never change.
 * @throws RpcError INVALID_ARGUMENT for an empty mask, or for a field that cannot change
 */
export function updateSettings(
  current: WireSubscription,
  changed: WireSubscription,
  mask: readonly string[],
): WireSubscription {
  if (mask.length === 0)
    throw invalidArgument("The update_mask in the UpdateSubscriptionRequest must be set.");
  const next: WireSubscription = { ...current };
  for (const path of mask) {
    const field = UPDATABLE[path];
    if (!field) {
      throw invalidArgument(
        `Invalid update_mask provided in the UpdateSubscriptionRequest: '${path}' is not a known Subscription field that can be changed. Known: ${Object.keys(UPDATABLE).join(", ")}.`,
      );
    }
    if (changed[field] === undefined) delete next[field];
    else Object.assign(next, { [field]: changed[field] });
  }
  return completeSettings(next);
}

/** @throws RpcError INVALID_ARGUMENT for an endpoint that is no http or https address */
export function checkPushConfig(config: PushConfig | null = {}): PushConfig {
  const push = config ?? {};
  refuseUnsupported(push, ["noWrapper"]);
  const version = push.attributes?.["x-goog-version"] ?? "v1";
  if (version === "v1beta1") {
    throw new RpcError(status.UNIMPLEMENTED, `The local Pub/Sub pushes in the format v1, not ${version}.`);
  }
  const endpoint = push.pushEndpoint ?? "";
  if (endpoint !== "" && !isHttpUrl(endpoint)) {
    throw invalidArgument(
      `Invalid push endpoint given (endpoint=${endpoint}): it must be an http or https URL.`,
    );
  }
  return push;
}

/** @throws RpcError UNIMPLEMENTED when one of the fields is set */
export function refuseUnsupported(wire: object, fields: readonly string[]): void {
  const used = fields.find(field => {
    const value: unknown = Reflect.get(wire, field);
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  });
  if (used)
    throw new RpcError(status.UNIMPLEMENTED, `The local Pub/Sub does not support ${used}: leave it out.`);
}

function ackDeadline(seconds = 0): number {
  if (seconds === 0) return 10;
  if (seconds >= 10 && seconds <= 600) return seconds;
  throw invalidArgument(`Invalid ack deadline given (deadline=${seconds}): it must be 10 to 600 seconds.`);
}

/** Refuses an expiration: subscriptions never expire here. Google's default is shown, and accepted. */
function checkExpiration(policy: WireSubscription["expirationPolicy"]): void {
  if (!policy?.ttl || fromWireTime(policy.ttl) === DEFAULT_TTL_MS) return;
  throw new RpcError(
    status.UNIMPLEMENTED,
    "The local Pub/Sub lets no subscription expire: leave out expiration_policy.ttl.",
  );
}

function retention(duration: WireTime = toWireTime(7 * DAY_MS)): WireTime {
  const ms = fromWireTime(duration);
  if (ms >= 10 * MINUTE_MS && ms <= 31 * DAY_MS) return duration;
  throw invalidArgument(
    `Invalid message_retention_duration (${ms / 1000}s): it must be 10 minutes to 31 days.`,
  );
}

function checkRetryPolicy(policy: RetryPolicy): RetryPolicy {
  const minimumMs = policy.minimumBackoff ? fromWireTime(policy.minimumBackoff) : DEFAULT_MINIMUM_MS;
  const maximumMs = policy.maximumBackoff ? fromWireTime(policy.maximumBackoff) : DEFAULT_MAXIMUM_MS;
  if (minimumMs < 0 || maximumMs > DEFAULT_MAXIMUM_MS || minimumMs > maximumMs) {
    throw invalidArgument(
      `Invalid retry_policy: minimum_backoff (${minimumMs / 1000}s) and maximum_backoff (${maximumMs / 1000}s) must be 0 to 600 seconds, the minimum not above the maximum.`,
    );
  }
  return { minimumBackoff: toWireTime(minimumMs), maximumBackoff: toWireTime(maximumMs) };
}

function checkDeadLetterPolicy(policy: DeadLetterPolicy): DeadLetterPolicy {
  parseName(policy.deadLetterTopic, "topics");
  const maxDeliveryAttempts = policy.maxDeliveryAttempts || 5;
  if (maxDeliveryAttempts < 5 || maxDeliveryAttempts > 100) {
    throw invalidArgument(`Invalid max_delivery_attempts (${maxDeliveryAttempts}): it must be 5 to 100.`);
  }
  return { ...policy, maxDeliveryAttempts };
}
