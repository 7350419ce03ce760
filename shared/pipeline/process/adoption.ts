import { clock } from "../../clock.ts";
import { PermanentError } from "../../errors.ts";
import { validate } from "../../events/validate.ts";
import type { Message } from "../receive/message.ts";
import type { MessageHandlers } from "../receive/message-function.ts";
import { hasFingerprint, unreadableCause } from "../receive/received-event.ts";
import { topicOf, USER_EVENTS } from "../receive/subscription-name.ts";
import { ledgerId, readEntry } from "../records/ledger.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import { catchUp } from "./catch-up.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { retryAttempt } from "./create-attempt.ts";
import type { Outcome } from "./outcome.ts";
import { failEvent, processEvent } from "./process-event.ts";

/**
 * Creates the handlers of a consumer that normalises raw messages. Each message is validated, upcast and published. The
 * event keeps its own id, else gets an id derived from topic and message id. The topic is its producer, so an outside
 * message never speaks for an owner. A message that is not an event is parked.
 */
export function adoption(name: string): MessageHandlers {
  const breaker = createCircuitBreaker();

  async function adoptText(attempt: Attempt, text: string): Promise<Outcome> {
    const checked = validate(parsed(text));
    if (!checked.ok) {
      const places = checked.faults.map(({ pointer, expected }) => `${pointer || "/"}: expected ${expected}`);
      return failEvent(attempt, new PermanentError(`not an event (${checked.kind}): ${places.join("; ")}`));
    }
    const emit = async (work: Work) => work.emit(checked.event, attempt.cause.producer);
    return processEvent(attempt, emit, breaker);
  }

  return {
    message: async message => {
      const topic = topicOf(message.subscription.split("/").at(-1) ?? "");
      // Without enforced filters, published events arrive here too.
      if (topic !== USER_EVENTS && hasFingerprint(message)) return { outcome: "not-mine" };
      return adoptText(adoptionAttempt(name, topic ?? "pubsub", message), message.data.toString("utf8"));
    },
    release: async (id, n) => {
      const entry = await readEntry(id);
      if (entry?.by !== name) return { outcome: "not-mine" };
      const attempt = retryAttempt(id, entry, { kind: "release", n });
      return attempt ? adoptText(attempt, entry.event ?? "") : catchUp(id, entry);
    },
  };
}

function adoptionAttempt(by: string, topic: string, message: Message): Attempt {
  const cause = { ...unreadableCause(message), producer: topic };
  const event = () => message.data.toString("utf8");
  return { ledgerId: ledgerId(by, cause), by, cause, nowMs: clock.now(), origin: DELIVERY, event };
}

/** Parses JSON; undefined when the text is not JSON, which the validation then reports. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
