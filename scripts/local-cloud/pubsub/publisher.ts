import type { Handlers } from "../grpc/handlers.ts";
import type { PageRequest } from "../pages.ts";
import { pageOf } from "../pages.ts";
import type { Broker } from "./broker.ts";
import { checkPublish } from "./message.ts";
import { parseName, parseProject } from "./names.ts";
import type { PublishRequest } from "./published-message.ts";
import { refuseUnsupported } from "./settings.ts";
import type { WireTopic } from "./wire.ts";

export const MAX_PAGE = 1000;

/** Topic fields that would change publishing, delivery or seeks. A topic with one of them is refused. */
const UNSUPPORTED = [
  "schemaSettings",
  "ingestionDataSourceSettings",
  "messageTransforms",
  "messageRetentionDuration",
] as const;

/** Returns the methods of google.pubsub.v1.Publisher. Missing methods answer UNIMPLEMENTED. */
export function publisherHandlers(broker: Broker): Handlers {
  return {
    CreateTopic: (topic: WireTopic) => {
      refuseUnsupported(topic, UNSUPPORTED);
      parseName(topic.name, "topics");
      return broker.createTopic(topic).settings;
    },
    GetTopic: ({ topic }: { topic: string }) => broker.topic(checked(topic)).settings,
    DeleteTopic: ({ topic }: { topic: string }) => {
      broker.deleteTopic(checked(topic));
      return {};
    },
    ListTopics: ({ project, ...page }: PageRequest & { project: string }) => {
      const scope = `projects/${parseProject(project)}/`;
      const topics = [...broker.topics.values()].filter(({ name }) => name.startsWith(scope));
      const { items, nextPageToken } = pageOf(topics, page, MAX_PAGE);
      return { topics: items.map(({ settings }) => settings), nextPageToken };
    },
    ListTopicSubscriptions: ({ topic, ...page }: PageRequest & { topic: string }) => {
      const { items, nextPageToken } = pageOf(broker.topic(checked(topic)).subscriptions, page, MAX_PAGE);
      return { subscriptions: items.map(({ name }) => name), nextPageToken };
    },
    Publish: ({ topic, messages, measured }: PublishRequest) => {
      checkPublish(measured);
      return { messageIds: broker.publish(broker.topic(checked(topic)), messages) };
    },
  };
}

function checked(topic: string): string {
  parseName(topic, "topics");
  return topic;
}
