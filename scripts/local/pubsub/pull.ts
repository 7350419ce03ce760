import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { LocalClock } from "../clock.ts";
import { invalidArgument, statusOf } from "../rpc-error.ts";
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

type PullCall = ServerUnaryCall<PullRequest, PullResponse>;

/** Pull: answers at once with what there is, otherwise waits for the first message. */
export function pullHandler(existing: (name: string) => Subscription, clock: LocalClock) {
  return (call: PullCall, callback: sendUnaryData<PullResponse>): void => {
    const answer = (deliveries: Delivery[], { settings }: Subscription) =>
      callback(null, { receivedMessages: deliveries.map(delivery => toReceived(delivery, settings)) });
    try {
      const { subscription: name, maxMessages = 0, returnImmediately } = call.request;
      const subscription = existing(name);
      if (maxMessages <= 0)
        throw invalidArgument(`Invalid max_messages given (${maxMessages}): it must be above 0.`);
      const take = () => subscription.backlog.take(pullConsumer(subscription), maxMessages);
      const deliveries = take();
      if (deliveries.length > 0 || returnImmediately) answer(deliveries, subscription);
      else wait({ call, subscription, clock, take }, found => answer(found, subscription));
    } catch (error) {
      callback(statusOf(error));
    }
  };
}

interface Waiting {
  call: PullCall;
  subscription: Subscription;
  clock: LocalClock;
  take(): Delivery[];
}

function wait({ call, subscription, clock, take }: Waiting, answer: (deliveries: Delivery[]) => void): void {
  const finish = (deliveries: Delivery[]) => {
    leave();
    timer.cancel();
    if (!call.cancelled) answer(deliveries);
  };
  const leave = subscription.join({
    pump: () => {
      const deliveries = take();
      if (deliveries.length > 0) finish(deliveries);
    },
    end: () => finish([]),
  });
  const timer = clock.at(clock.now() + WAIT_MS, () => finish([]));
  call.on("cancelled", () => {
    leave();
    timer.cancel();
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
