import type { LocalClock } from "../clock.ts";
import type { Caller } from "../grpc/call.ts";
import type { UnaryHandler } from "../grpc/handlers.ts";
import { invalidArgument } from "../rpc-error.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import { toWireMessage } from "./message.ts";
import type { Subscription } from "./subscription.ts";
import type { ReceivedMessage, WireSubscription } from "./wire.ts";

interface PullRequest {
  subscription: string;
  returnImmediately?: boolean;
  maxMessages?: number;
}

interface PullResponse {
  receivedMessages: ReceivedMessage[];
}

/** Milliseconds of the clock that a pull waits for a first message. A client may end the call earlier. */
const WAIT_MS = 10_000;

/** Handles Pull: answers with the available messages, or waits for the first one. */
export function pullHandler(
  existing: (name: string) => Subscription,
  clock: LocalClock,
): UnaryHandler<PullRequest, PullResponse> {
  return async ({ subscription: name, maxMessages = 0, returnImmediately }, caller) => {
    const subscription = existing(name);
    if (maxMessages <= 0)
      throw invalidArgument(`Invalid max_messages given (${maxMessages}): it must be above 0.`);
    const take = () => subscription.backlog.take(pullConsumer(subscription), maxMessages);
    const atOnce = take();
    const isEnough = atOnce.length > 0 || returnImmediately;
    const deliveries = isEnough ? atOnce : await wait({ caller, subscription, clock, take });
    return { receivedMessages: deliveries.map(delivery => toReceived(delivery, subscription.settings)) };
  };
}

interface WaitingPull {
  caller: Caller;
  subscription: Subscription;
  clock: LocalClock;
  take(): Delivery[];
}

/** Waits for the first messages. A caller that disconnects gets none. */
function wait({ caller, subscription, clock, take }: WaitingPull): Promise<Delivery[]> {
  return new Promise(resolve => {
    const finish = (deliveries: Delivery[]) => {
      leave();
      timer.cancel();
      resolve(deliveries);
    };
    const leave = subscription.join({
      pump: () => {
        const deliveries = take();
        if (deliveries.length > 0) finish(deliveries);
      },
      end: () => finish([]),
    });
    const timer = clock.at(clock.now() + WAIT_MS, () => finish([]));
    caller.signal.addEventListener("abort", () => finish([]));
  });
}

function pullConsumer({ settings }: Subscription): Consumer {
  return {
    leaseMs: () => (settings.ackDeadlineSeconds ?? 10) * 1000,
    oneAtATime: false,
    room: () => true,
    outstanding: 0,
    outstandingBytes: 0,
  };
}

/** Returns a delivery as pulls answer with it. Google counts attempts only with a dead letter policy. */
export function toReceived(
  { ackId, message, attempt }: Delivery,
  settings: WireSubscription,
): ReceivedMessage {
  return {
    ackId,
    message: toWireMessage(message),
    deliveryAttempt: settings.deadLetterPolicy && attempt,
  };
}
