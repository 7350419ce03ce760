import type { ServiceDefinition } from "@grpc/proto-loader";
import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { noPushFaults } from "../faults/push-faults.ts";
import { serve } from "../grpc/server.ts";
import { loadService } from "../grpc/services.ts";
import { createHttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { createIdleSignal } from "../idle-signal.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { createBroker } from "./broker.ts";
import type { PublishRequest } from "./published-message.ts";
import { readPublishRequest } from "./published-message.ts";
import { publisherHandlers } from "./publisher.ts";
import { subscriberHandlers } from "./subscriber.ts";
import type { SubscriptionStatus } from "./subscription.ts";

export interface LocalPubSub {
  /** 127.0.0.1 and the port: what PUBSUB_EMULATOR_HOST takes. */
  readonly host: string;
  /** Nothing is being pushed, and nothing could be: what waits for its backoff or for a pull does not count. */
  idle(): boolean;
  /** Resolves once idle. */
  settle(): Promise<void>;
  status(): { topics: string[]; subscriptions: SubscriptionStatus[] };
  /** Ends streams, pushes under way and timers. */
  close(): void;
}

export interface LocalPubSubOptions {
  clock: LocalClock;
  identity: Identity;
  /** What goes wrong with pushes; nothing by default. */
  faults?: PushFaults;
  /** Where its state is kept; by default it ends with the service. */
  storage?: Storage;
  /** Is told of every request that publishes messages. */
  onPublish?: ((request: PublishRequest) => void) | undefined;
  /** 0, the default, takes any free one. */
  port?: number;
}

/** Starts a Pub/Sub with what was kept on 127.0.0.1; rejects when the port is taken. */
export async function startPubSub({
  clock,
  identity,
  faults = noPushFaults,
  storage = openStorage(),
  onPublish,
  port = 0,
}: LocalPubSubOptions): Promise<LocalPubSub> {
  const sender = createHttpSender();
  const idle = () => [...broker.subscriptions.values()].every(subscription => subscription.idle());
  const signal = createIdleSignal(idle);
  const broker = createBroker({ clock, identity, sender, faults, storage, onChange: signal.changed });
  const server = await serve(
    [
      { definition: publisherDefinition(onPublish), handlers: publisherHandlers(broker) },
      { definition: loadService("subscriber"), handlers: subscriberHandlers(broker, clock) },
    ],
    { port },
  );
  for (const subscription of broker.subscriptions.values()) subscription.pump();
  return {
    host: server.host,
    idle,
    settle: signal.settle,
    status: () => ({
      topics: [...broker.topics.keys()].sort(),
      subscriptions: [...broker.subscriptions.values()].map(subscription => subscription.status()),
    }),
    close() {
      server.close();
      broker.close();
      sender.close();
      signal.close();
    },
  };
}

function publisherDefinition(onPublish: LocalPubSubOptions["onPublish"]): ServiceDefinition {
  const definition = loadService("publisher");
  const { Publish } = definition;
  if (!Publish || !("requestDeserialize" in Publish)) throw new Error("The installed client has no Publish.");
  const requestDeserialize = (bytes: Buffer): PublishRequest => {
    const request = readPublishRequest(bytes);
    onPublish?.(request);
    return request;
  };
  return { ...definition, Publish: { ...Publish, requestDeserialize } };
}
