import { topics } from "../../shared/events/catalogue.ts";
import { consumer } from "../../shared/pipeline/consumer.ts";
import { adoption } from "../../shared/pipeline/process/adoption.ts";
import { USER_EVENTS } from "../../shared/pipeline/receive/subscription-name.ts";

const NAME = "adopt";

/**
 * Adopts messages that another system published straight to a topic, past ingest. They lack PulseCart's attributes, so
 * the filters of all reactions drop them.
 */
export const adopt = consumer(
  NAME,
  [
    ...topics.map(topic => ({ topic, filter: "NOT attributes:event_type" })),
    { topic: USER_EVENTS, filter: "" },
  ],
  adoption(NAME),
);
