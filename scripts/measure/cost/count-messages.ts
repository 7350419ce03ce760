import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import type { Filter } from "../../local-cloud/pubsub/filter.ts";
import { parseFilter } from "../../local-cloud/pubsub/filter.ts";
import type { PublishRequest } from "../../local-cloud/pubsub/published-message.ts";
import { planOf } from "../../plan/plan.ts";
import type { Tally } from "./tally.ts";

/** https://cloud.google.com/pubsub/pricing: of each publish or push request, however small it is. */
const LEAST_BILLED_BYTES = 1000;
/** The same page: beside data and attributes a time counts, and the id, which has sixteen digits. */
const BYTES_BESIDES = 20 + 16;

interface Subscriber {
  name: string;
  filter: Filter;
}

/**
 * Counts what is published, and what that is for each subscription of its topic. A push brings one message. What a
 * filter drops is billed as delivered (https://cloud.google.com/pubsub/docs/filtering); that its least is that of a
 * push is an assumption.
 */
export function countMessages(
  declarations: () => readonly Declaration[],
  tally: Tally,
): (request: PublishRequest) => void {
  let byTopic: ReadonlyMap<string, Subscriber[]> | undefined;
  return ({ topic: path, measured }) => {
    byTopic ??= subscribersOf(declarations());
    const topic = path.split("/").at(-1) ?? "";
    for (const { message, bytes } of measured) {
      const size = bytes + BYTES_BESIDES;
      const billed = Math.max(LEAST_BILLED_BYTES, size);
      tally.add("messages published", topic, 1);
      tally.add("bytes published", topic, billed);
      if (message.orderingKey !== "") tally.add("bytes of a key", message.orderingKey, size);
      for (const { name, filter } of byTopic.get(topic) ?? [])
        tally.add(filter(message.attributes) ? "bytes delivered" : "bytes filtered out", name, billed);
    }
  };
}

function subscribersOf(declarations: readonly Declaration[]): Map<string, Subscriber[]> {
  const subscribers = planOf(declarations).subscriptions.map(({ name, topic, filter }) => ({
    name,
    topic,
    filter: filter === "" ? () => true : parseFilter(filter),
  }));
  return Map.groupBy(subscribers, ({ topic }) => topic);
}
