import type { LocalClock } from "../clock.ts";
import type { FaultyPushes } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import { reasonOf } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import type { Backlog } from "./backlog.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import type { StoredMessage } from "./published-message.ts";
import type { PushBudget } from "./push-budget.ts";
import type { PushConfig, WireSubscription } from "./wire.ts";

/** https://cloud.google.com/pubsub/docs/push#receive_push names 102 too: here the status that follows it counts. */
const ACKNOWLEDGING = new Set([200, 201, 202, 204]);

export interface PushError {
  atMs: number;
  messageId: string;
  reason: string;
}

export interface Push {
  /** Sends what can be sent now. */
  pump(): void;
  inFlight(): number;
  close(): void;
  lastError(): PushError | undefined;
}

export interface PushOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faultyPushes: FaultyPushes;
  budget: PushBudget;
  settings(): WireSubscription;
  backlog: Backlog;
  /** An answer was dealt with. */
  onAnswer(): void;
}

/** Posts the messages of a push subscription to its endpoint; the answer's status acknowledges or not. */
export function createPush(options: PushOptions): Push {
  const { clock, identity, sender, faultyPushes, budget, settings, backlog, onAnswer } = options;
  let lastError: PushError | undefined;
  const consumer: Consumer = {
    // The endpoint works in real time: its answer is awaited for that long, however the clock is moved meanwhile.
    leaseMs: () => undefined,
    oneAtATime: true,
    room: () => budget.allows(consumer),
    outstanding: 0,
    outstandingBytes: 0,
  };

  async function refusal(delivery: Delivery, endpoint: string): Promise<string | undefined> {
    const { ackDeadlineSeconds = 10, pushConfig = {} } = settings();
    try {
      const answer = await sender.send({
        url: endpoint,
        headers: await headersOf(pushConfig, endpoint),
        body: bodyOf(delivery, settings()),
        timeoutMs: ackDeadlineSeconds * 1000,
      });
      return ACKNOWLEDGING.has(answer.status) ? undefined : `HTTP ${answer.status} ${answer.excerpt}`.trim();
    } catch (error) {
      return reasonOf(error);
    }
  }

  async function headersOf({ oidcToken }: PushConfig, endpoint: string): Promise<Record<string, string>> {
    const headers = {
      accept: "application/json",
      "content-type": "application/json",
      from: "noreply@google.com",
      "user-agent": "APIs-Google; CloudPubSub-Google",
    };
    if (!oidcToken?.serviceAccountEmail) return headers;
    const email = oidcToken.serviceAccountEmail;
    const token = await identity.token({
      email,
      audience: oidcToken.audience || endpoint,
      nowMs: clock.now(),
    });
    return { ...headers, authorization: `Bearer ${token}` };
  }

  async function deliver(delivery: Delivery, endpoint: string): Promise<void> {
    const reason = await faultyPushes.through(settings().name, () => refusal(delivery, endpoint));
    if (reason === undefined) backlog.ack(delivery.ackId);
    else {
      lastError = { atMs: clock.now(), messageId: delivery.message.messageId, reason };
      backlog.nack(delivery.ackId);
    }
    budget.freed();
    onAnswer();
  }

  function pump(): void {
    const endpoint = settings().pushConfig?.pushEndpoint;
    if (!endpoint) return;
    for (const delivery of backlog.take(consumer, Number.POSITIVE_INFINITY)) void deliver(delivery, endpoint);
    budget.awaitRoom(consumer, pump);
  }

  budget.join(consumer);
  return {
    pump,
    close: () => budget.leave(consumer),
    inFlight: () => consumer.outstanding,
    lastError: () => lastError,
  };
}

/** Pub/Sub's wrapped push body, with both spellings of id and time, as Google sends it. */
function bodyOf({ message, attempt }: Delivery, { name, deadLetterPolicy }: WireSubscription): string {
  return JSON.stringify({
    message: messageOf(message),
    subscription: name,
    ...(deadLetterPolicy && { deliveryAttempt: attempt }),
  });
}

function messageOf({ data, attributes, messageId, publishMs, orderingKey }: StoredMessage) {
  const publishTime = new Date(publishMs).toISOString();
  return {
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(data.length > 0 && { data: data.toString("base64") }),
    messageId,
    message_id: messageId,
    publishTime,
    publish_time: publishTime,
    ...(orderingKey !== "" && { orderingKey }),
  };
}
