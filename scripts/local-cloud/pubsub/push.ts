import type { LocalClock } from "../clock.ts";
import { authorizationOf } from "../delivery/http-request.ts";
import type { FaultyPushes } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import { reasonOf } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import type { Backlog } from "./backlog.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import type { StoredMessage } from "./published-message.ts";
import type { PushBudget } from "./push-budget.ts";
import type { WireSubscription } from "./wire.ts";

/**
 * Statuses that acknowledge a message. Google also names 102 (https://cloud.google.com/pubsub/docs/push#receive_push).
 * Here the status after a 102 decides.
 */
const ACKNOWLEDGING = new Set([200, 201, 202, 204]);

const PUSH_HEADERS = {
  accept: "application/json",
  "content-type": "application/json",
  from: "noreply@google.com",
  "user-agent": "APIs-Google; CloudPubSub-Google",
};

/** The last push that was not acknowledged. */
export interface PushError {
  atMs: number;
  messageId: string;
  reason: string;
}

export interface PushOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faultyPushes: FaultyPushes;
  budget: PushBudget;
  settings(): WireSubscription;
  backlog: Backlog;
  /** Called after the message of an answer was acked or nacked. */
  onAnswer(): void;
}

/** Posts the messages of a push subscription to its endpoint. The status of the answer acks or nacks a message. */
export class Push {
  readonly #options: PushOptions;
  readonly #consumer: Consumer;
  #lastError: PushError | undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    const consumer: Consumer = {
      // The endpoint works in real time, so the lease has no time: the timeout of the request ends the lease.
      leaseMs: () => undefined,
      oneAtATime: true,
      room: () => options.budget.allows(consumer),
      outstanding: 0,
      outstandingBytes: 0,
    };
    this.#consumer = consumer;
    options.budget.join(consumer);
  }

  /** Sends the messages that can be sent now. */
  pump(): void {
    const { settings, backlog, budget } = this.#options;
    const endpoint = settings().pushConfig?.pushEndpoint;
    if (!endpoint) return;
    for (const delivery of backlog.take(this.#consumer, Number.POSITIVE_INFINITY))
      void this.#deliver(delivery, endpoint);
    budget.awaitRoom(this.#consumer, () => this.pump());
  }

  inFlight(): number {
    return this.#consumer.outstanding;
  }

  lastError(): PushError | undefined {
    return this.#lastError;
  }

  close(): void {
    this.#options.budget.leave(this.#consumer);
  }

  async #deliver(delivery: Delivery, endpoint: string): Promise<void> {
    const { clock, faultyPushes, settings, backlog, budget, onAnswer } = this.#options;
    const reason = await faultyPushes.through(settings().name, () => this.#send(delivery, endpoint));
    if (reason === undefined) backlog.ack(delivery.ackId);
    else {
      this.#lastError = { atMs: clock.now(), messageId: delivery.message.messageId, reason };
      backlog.nack(delivery.ackId);
    }
    budget.freed();
    onAnswer();
  }

  /** Posts a message. @returns undefined for an acknowledgement, otherwise the reason of the failure */
  async #send(delivery: Delivery, endpoint: string): Promise<string | undefined> {
    const { clock, identity, sender, settings } = this.#options;
    const { ackDeadlineSeconds = 10, pushConfig = {} } = settings();
    try {
      const caller = { url: endpoint, nowMs: clock.now(), identity };
      const answer = await sender.send({
        url: endpoint,
        headers: { ...PUSH_HEADERS, ...(await authorizationOf(pushConfig.oidcToken, caller)) },
        body: bodyOf(delivery, settings()),
        timeoutMs: ackDeadlineSeconds * 1000,
      });
      return ACKNOWLEDGING.has(answer.status) ? undefined : `HTTP ${answer.status} ${answer.excerpt}`.trim();
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** Returns Pub/Sub's wrapped push body, with both spellings of id and time, as Google sends it. */
function bodyOf({ message, attempt }: Delivery, { name, deadLetterPolicy }: WireSubscription): string {
  return JSON.stringify({
    message: messageOf(message),
    subscription: name,
    deliveryAttempt: deadLetterPolicy && attempt,
  });
}

function messageOf({ data, attributes, messageId, publishMs, orderingKey }: StoredMessage) {
  const publishTime = new Date(publishMs).toISOString();
  return {
    attributes: Object.keys(attributes).length > 0 ? attributes : undefined,
    data: data.length > 0 ? data.toString("base64") : undefined,
    messageId,
    message_id: messageId,
    publishTime,
    publish_time: publishTime,
    orderingKey: orderingKey === "" ? undefined : orderingKey,
  };
}
