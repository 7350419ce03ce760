import { status } from "@grpc/grpc-js";
import type { LocalClock } from "../clock.ts";
import type { Handlers } from "../grpc/handlers.ts";
import type { PageRequest } from "../pages.ts";
import { pageOf } from "../pages.ts";
import { invalidArgument, RpcError } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime } from "../wire-time.ts";
import type { Broker } from "./broker.ts";
import { parseName, parseProject } from "./names.ts";
import { MAX_PAGE } from "./publisher.ts";
import { pullHandler } from "./pull.ts";
import { checkPushConfig, completeSettings, updateSettings } from "./settings.ts";
import { checkLeaseSeconds, streamingPullHandler } from "./streaming-pull.ts";
import type { Subscription } from "./subscription.ts";
import type { PushConfig, WireSubscription } from "./wire.ts";

interface Named {
  subscription: string;
}

/** Returns the methods of google.pubsub.v1.Subscriber. Missing methods answer UNIMPLEMENTED. */
export function subscriberHandlers(broker: Broker, clock: LocalClock): Handlers {
  return {
    ...settingsHandlers(broker),
    Acknowledge: ({ subscription, ackIds = [] }: Named & { ackIds?: string[] }) => {
      const { backlog } = existing(broker, subscription);
      for (const ackId of ackIds) backlog.ack(ackId);
      return {};
    },
    ModifyAckDeadline: (request: Named & { ackIds?: string[]; ackDeadlineSeconds?: number }) => {
      const { subscription, ackIds = [], ackDeadlineSeconds = 0 } = request;
      const { backlog } = existing(broker, subscription);
      checkLeaseSeconds(ackDeadlineSeconds);
      for (const ackId of ackIds) {
        if (ackDeadlineSeconds === 0) backlog.nack(ackId);
        else backlog.extend(ackId, ackDeadlineSeconds * 1000);
      }
      return {};
    },
    Seek: ({ subscription, time, snapshot }: Named & { time?: WireTime; snapshot?: string }) => {
      const { backlog } = existing(broker, subscription);
      if (snapshot)
        throw new RpcError(status.UNIMPLEMENTED, "The local Pub/Sub has no snapshots: seek to a time.");
      if (!time) throw invalidArgument("A seek needs a time to seek to.");
      backlog.seek(fromWireTime(time));
      return {};
    },
    Pull: pullHandler(name => existing(broker, name), clock),
    StreamingPull: streamingPullHandler(name => existing(broker, name)),
  };
}

function settingsHandlers(broker: Broker): Handlers {
  const change = (subscription: Subscription, settings: WireSubscription) => {
    checkDeadLetterTopic(broker, settings);
    subscription.update(settings);
    subscription.pump();
    return wireOf(subscription);
  };
  return {
    CreateSubscription: (wire: WireSubscription) => {
      const settings = completeSettings(wire);
      checkDeadLetterTopic(broker, settings);
      return wireOf(broker.createSubscription(settings));
    },
    GetSubscription: ({ subscription }: Named) => wireOf(existing(broker, subscription)),
    DeleteSubscription: ({ subscription }: Named) => {
      broker.deleteSubscription(existing(broker, subscription).name);
      return {};
    },
    ListSubscriptions: ({ project, ...page }: PageRequest & { project: string }) => {
      const scope = `projects/${parseProject(project)}/`;
      const inProject = [...broker.subscriptions.values()].filter(({ name }) => name.startsWith(scope));
      const { items, nextPageToken } = pageOf(inProject, page, MAX_PAGE);
      return { subscriptions: items.map(wireOf), nextPageToken };
    },
    UpdateSubscription: (request: { subscription: WireSubscription; updateMask?: { paths?: string[] } }) => {
      const subscription = existing(broker, request.subscription?.name);
      const mask = request.updateMask?.paths ?? [];
      return change(subscription, updateSettings(subscription.settings, request.subscription, mask));
    },
    ModifyPushConfig: ({ subscription: name, pushConfig }: Named & { pushConfig?: PushConfig }) => {
      const subscription = existing(broker, name);
      change(subscription, { ...subscription.settings, pushConfig: checkPushConfig(pushConfig) });
      return {};
    },
  };
}

function existing(broker: Broker, name: string | undefined): Subscription {
  parseName(name, "subscriptions");
  return broker.subscription(name ?? "");
}

/**
 * Checks that the dead letter topic exists (https://cloud.google.com/pubsub/docs/dead-letter-topics).
 * @throws RpcError NOT_FOUND for an unknown topic
 */
function checkDeadLetterTopic(broker: Broker, { deadLetterPolicy }: WireSubscription): void {
  if (deadLetterPolicy?.deadLetterTopic) broker.topic(deadLetterPolicy.deadLetterTopic);
}

function wireOf({ settings }: Subscription) {
  return { ...settings, state: "ACTIVE" };
}
