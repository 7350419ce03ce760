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

/** How long a pull waits for the first message before it answers with none: real time is the client's concern. */
const WAIT_MS = 10_000;

/** Pull: answers at once with what there is, otherwise waits for the first message. */
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

interface Waiting {
  caller: Caller;
  subscription: Subscription;
  clock: LocalClock;
  take(): Delivery[];
}

/** Nothing is taken for a caller who has gone. */
function wait({ caller, subscription, clock, take }: Waiting): Promise<Delivery[]> {
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

export function toReceived(
  { ackId, message, attempt }: Delivery,
  settings: WireSubscription,
): ReceivedMessage {
  return {
    ackId,
    message: toWireMessage(message),
    ...(settings.deadLetterPolicy && { deliveryAttempt: attempt }),
  };
}
