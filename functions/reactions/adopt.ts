import { clock } from "../../shared/clock.ts";
import { Poison } from "../../shared/errors.ts";
import { topics } from "../../shared/events/catalogue.ts";
import { validate } from "../../shared/events/validate.ts";
import type { Attempt } from "../../shared/pipeline/attempt.ts";
import { createBrake } from "../../shared/pipeline/brake.ts";
import { catchUp } from "../../shared/pipeline/catch-up.ts";
import { consumer } from "../../shared/pipeline/consumer.ts";
import { ledgerId, readEntry } from "../../shared/pipeline/ledger.ts";
import { DELIVERY } from "../../shared/pipeline/ledger-state.ts";
import type { Message } from "../../shared/pipeline/message.ts";
import { attemptAgain } from "../../shared/pipeline/react.ts";
import { unreadableCause } from "../../shared/pipeline/received-event.ts";
import { failAttempt, runAttempt } from "../../shared/pipeline/run-attempt.ts";
import { topicOf, USER_EVENTS } from "../../shared/pipeline/subscription-name.ts";
import type { Work } from "../../shared/pipeline/unit-of-work.ts";

const NAME = "adopt";
const brake = createBrake();

/**
 * Takes what somebody published straight to a topic, past ingest: without attributes every filter would drop it.
 * It is brought into shape, gets an id that its message and topic determine, and is published as it should be.
 */
export const adopt = consumer(
  NAME,
  [
    ...topics.map(topic => ({ topic, filter: "NOT attributes:event_type" })),
    { topic: USER_EVENTS, filter: "" },
  ],
  {
    message: async message => {
      const topic = topicOf(message.subscription.split("/").at(-1) ?? "");
      // Where filters are not enforced, everything comes here, too.
      const isOurs = topic !== USER_EVENTS && message.attributes["event_type"] !== undefined;
      return isOurs || adoptText(attemptOf(topic ?? "pubsub", message), message.data.toString("utf8"));
    },
    release: async (id, n) => {
      const entry = await readEntry(id);
      if (entry?.by !== NAME) return true;
      const attempt = attemptAgain(id, entry, { kind: "release", n });
      return attempt ? adoptText(attempt, entry.event ?? "") : catchUp(id, entry);
    },
  },
);

function attemptOf(topic: string, message: Message): Attempt {
  const cause = { ...unreadableCause(message), producer: topic };
  const event = () => message.data.toString("utf8");
  return { ledgerId: ledgerId(NAME, cause), by: NAME, cause, nowMs: clock.now(), origin: DELIVERY, event };
}

async function adoptText(attempt: Attempt, text: string): Promise<boolean> {
  const checked = validate(parsed(text));
  if (!checked.ok) {
    const places = checked.faults.map(({ pointer, expected }) => `${pointer || "/"}: expected ${expected}`);
    return failAttempt(attempt, new Poison(`not an event (${checked.kind}): ${places.join("; ")}`));
  }
  const emit = async (work: Work) => work.emit(checked.event);
  return runAttempt(attempt, emit, brake);
}

/** What is no JSON is no event: the validation says so. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
