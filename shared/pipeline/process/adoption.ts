import { clock } from "../../clock.ts";
import { PermanentError } from "../../errors.ts";
import { validate } from "../../events/validate.ts";
import type { Message } from "../receive/message.ts";
import type { MessageHandlers } from "../receive/message-function.ts";
import { unreadableCause } from "../receive/received-event.ts";
import { topicOf, USER_EVENTS } from "../receive/subscription-name.ts";
import { ledgerId, readEntry } from "../records/ledger.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import { catchUp } from "./catch-up.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { failAttempt, runAttempt } from "./process-event.ts";
import { attemptAgain } from "./react.ts";

/**
 * How a consumer takes over messages that are not, or not yet, events: each is brought into shape, gets an id that
 * its message and topic determine, and is published as it should be. What is no event waits for a person.
 */
export function adoption(name: string): MessageHandlers {
  const brake = createCircuitBreaker();

  async function adoptText(attempt: Attempt, text: string): Promise<boolean> {
    const checked = validate(parsed(text));
    if (!checked.ok) {
      const places = checked.faults.map(({ pointer, expected }) => `${pointer || "/"}: expected ${expected}`);
      return failAttempt(attempt, new PermanentError(`not an event (${checked.kind}): ${places.join("; ")}`));
    }
    const emit = async (work: Work) => work.emit(checked.event);
    return runAttempt(attempt, emit, brake);
  }

  return {
    message: async message => {
      const topic = topicOf(message.subscription.split("/").at(-1) ?? "");
      // Where filters are not enforced, everything comes here, too.
      const isOurs = topic !== USER_EVENTS && message.attributes["event_type"] !== undefined;
      return isOurs || adoptText(attemptOf(name, topic ?? "pubsub", message), message.data.toString("utf8"));
    },
    release: async (id, n) => {
      const entry = await readEntry(id);
      if (entry?.by !== name) return true;
      const attempt = attemptAgain(id, entry, { kind: "release", n });
      return attempt ? adoptText(attempt, entry.event ?? "") : catchUp(id, entry);
    },
  };
}

function attemptOf(by: string, topic: string, message: Message): Attempt {
  const cause = { ...unreadableCause(message), producer: topic };
  const event = () => message.data.toString("utf8");
  return { ledgerId: ledgerId(by, cause), by, cause, nowMs: clock.now(), origin: DELIVERY, event };
}

/** What is no JSON is no event: the validation says so. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
