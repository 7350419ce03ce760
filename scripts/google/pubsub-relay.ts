import type { WireMessage, WireSubscription } from "../local-cloud/pubsub/wire.ts";
import { fromWireTime } from "../local-cloud/wire-time.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Hook } from "./grpc-relay.ts";
import { startRelay } from "./grpc-relay.ts";
import type { PushRelay } from "./push-relay.ts";

/**
 * The backoff of every subscription. Google's emulator waits in real time, whatever the movable clock says. The
 * plan's backoff of ten seconds and more would only slow down the tests.
 */
const RETRY_POLICY = {
  minimumBackoff: { seconds: "0", nanos: 100_000_000 },
  maximumBackoff: { seconds: "1", nanos: 0 },
};

/**
 * Starts a Pub/Sub in front of Google's emulator, for the official clients. The push relay receives all pushes.
 *
 * Dead letter policies are removed, because together with ordering they stop the emulator. Retentions are removed
 * too: the emulator accepts a week at most, the service a month.
 */
export function startPubSubRelay(
  google: string,
  { deliveries, pushes }: { deliveries: Deliveries; pushes: PushRelay },
): Promise<{ host: string; close(): void }> {
  return startRelay(google, ["publisher", "subscriber"], hooksFor(deliveries, pushes));
}

function hooksFor(deliveries: Deliveries, pushes: PushRelay): Record<string, Hook> {
  const change = (wire: WireSubscription): WireSubscription => {
    const { pushConfig, deadLetterPolicy: _removed, messageRetentionDuration: _alsoRemoved, ...rest } = wire;
    if (!pushConfig?.pushEndpoint) return { ...rest, pushConfig };
    const { name, topic, enableMessageOrdering: ordered = false, retryPolicy } = wire;
    const { pushEndpoint: endpoint } = pushConfig;
    const backoffMs = retryPolicy?.minimumBackoff ? fromWireTime(retryPolicy.minimumBackoff) : 0;
    deliveries.watch({ name, topic, endpoint, ordered, backoffMs });
    const relayed = { pushEndpoint: pushes.endpointFor(name, pushConfig) };
    return { ...rest, pushConfig: relayed, retryPolicy: RETRY_POLICY };
  };
  return {
    CreateSubscription: { request: wire => change(wire as WireSubscription) },
    DeleteSubscription: {
      response: wire => deliveries.forget((wire as { subscription: string }).subscription),
    },
    DeleteTopic: { response: wire => deliveries.topicDeleted((wire as { topic: string }).topic) },
    Publish: countPublished(deliveries),
  };
}

/** Records the messages of a publish request as undelivered. */
export function countPublished(deliveries: Pick<Deliveries, "published">): Hook {
  return {
    response: (request, response) => {
      const { topic, messages = [] } = request as { topic: string; messages?: WireMessage[] };
      const { messageIds = [] } = response as { messageIds?: string[] };
      const ids = messageIds.map((id, i) => ({ id, orderingKey: messages[i]?.orderingKey ?? "" }));
      deliveries.published(topic, ids);
    },
  };
}
