import { topics } from "../../shared/events/catalogue.ts";
import { consumer } from "../../shared/pipeline/consumer.ts";
import { adoption } from "../../shared/pipeline/process/adoption.ts";
import { USER_EVENTS } from "../../shared/pipeline/receive/subscription-name.ts";

const NAME = "adopt";

/**
 * Adopts messages that another system published straight to a topic, past ingest. They may have attributes of their
 * own, such as `event_type`. Every message of PulseCart has a fingerprint, and theirs have none.
 */
export const adopt = consumer(
  NAME,
  [
    ...topics.map(topic => ({ topic, filter: "NOT attributes:fingerprint" })),
    { topic: USER_EVENTS, filter: "" },
  ],
  adoption(NAME),
);
