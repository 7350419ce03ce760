import type { ServiceDefinition } from "@grpc/proto-loader";
import type { LocalClock } from "../clock.ts";
import type { DeliveringService } from "../delivery/delivering-service.ts";
import { DeliveryHost } from "../delivery/delivering-service.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { noPushFaults } from "../faults/push-faults.ts";
import { loadService } from "../grpc/services.ts";
import type { Identity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { Broker } from "./broker.ts";
import type { PublishRequest } from "./published-message.ts";
import { readPublishRequest } from "./published-message.ts";
import { publisherHandlers } from "./publisher.ts";
import { subscriberHandlers } from "./subscriber.ts";
import type { SubscriptionStatus } from "./subscription.ts";

/** A running Pub/Sub. PUBSUB_EMULATOR_HOST takes its host. */
export interface LocalPubSub extends DeliveringService {
  status(): { topics: string[]; subscriptions: SubscriptionStatus[] };
}

export interface LocalPubSubOptions {
  clock: LocalClock;
  identity: Identity;
  /** Injected faults of pushes. Default: none. */
  faults?: PushFaults;
  /** Storage of topics, subscriptions and messages. Default: the memory of this process. */
  storage?: Storage;
  /** Called with every publish request. */
  onPublish?(request: PublishRequest): void;
  /** Port of the service; 0, the default, takes any free port. */
  port?: number;
}

/**
 * Starts Pub/Sub on 127.0.0.1 with the stored topics, subscriptions and messages.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
 */
export async function startPubSub({
  clock,
  identity,
  faults = noPushFaults,
  storage = openStorage(),
  onPublish,
  port = 0,
}: LocalPubSubOptions): Promise<LocalPubSub> {
  const host = new DeliveryHost(() => broker.subscriptions.values());
  const { sender, onChange } = host;
  const broker = new Broker({ clock, identity, sender, faults, storage, onChange });
  const services = [
    { definition: publisherDefinition(onPublish), handlers: publisherHandlers(broker) },
    { definition: loadService("subscriber"), handlers: subscriberHandlers(broker, clock) },
  ];
  const service = await host.serve(services, port);
  for (const subscription of broker.subscriptions.values()) subscription.pump();
  return {
    ...service,
    status: () => ({
      topics: [...broker.topics.keys()].sort(),
      subscriptions: [...broker.subscriptions.values()].map(subscription => subscription.status()),
    }),
  };
}

/** Returns the Publisher service whose Publish requests are parsed without decoding their messages. */
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
