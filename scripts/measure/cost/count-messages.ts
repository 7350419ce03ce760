import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import type { Filter } from "../../local-cloud/pubsub/filter.ts";
import { parseFilter } from "../../local-cloud/pubsub/filter.ts";
import type { PublishRequest } from "../../local-cloud/pubsub/published-message.ts";
import { planOf } from "../../plan/plan.ts";
import type { Tally } from "./tally.ts";

/** Min bytes of a publish or push request: https://cloud.google.com/pubsub/pricing */
const MIN_BILLED_BYTES = 1000;
/** Bytes of a message beside data and attributes, on the same page: its time, and its id of 16 digits. */
const METADATA_BYTES = 20 + 16;

interface Subscriber {
  name: string;
  filter: Filter;
}

/**
 * Counts published messages, and their bytes for each subscription of their topic. A push carries one message.
 * Google bills a message that a filter drops as delivered, see https://cloud.google.com/pubsub/docs/filtering
 *
 * The min bytes of such a message are assumed to be those of a push.
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
      const size = bytes + METADATA_BYTES;
      const billed = Math.max(MIN_BILLED_BYTES, size);
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
