import { status } from "@grpc/grpc-js";
import { shortName } from "../delivery/names.ts";
import type { Stream } from "../grpc/handlers.ts";
import { invalidArgument, notFound, RpcError } from "../rpc-error.ts";
import type { Consumer } from "./consumer.ts";
import { toReceived } from "./pull.ts";
import type { Subscription } from "./subscription.ts";
import type { StreamingPullRequest, StreamingPullResponse } from "./wire.ts";

type PullStream = Stream<StreamingPullRequest, StreamingPullResponse>;

/** Max messages and bytes of one answer. Together they stay below any client's receive limit. */
const MAX_BATCH = 100;
const MAX_BATCH_BYTES = 4_000_000;

/** Handles StreamingPull: delivers while the stream is open, within the client's flow control. */
export function streamingPullHandler(existing: (name: string) => Subscription) {
  return (stream: PullStream): void => {
    let session: Session | undefined;
    const leave = () => {
      session?.leave();
      session = undefined;
    };
    stream.receive({
      request(request) {
        try {
          if (session) session.handle(request);
          else session = open(stream, existing(request.subscription ?? ""), request);
        } catch (error) {
          leave();
          stream.fail(error);
        }
      },
      end() {
        leave();
        stream.end();
      },
    });
    stream.signal.addEventListener("abort", leave);
  };
}

interface Session {
  handle(request: StreamingPullRequest): void;
  leave(): void;
}

function open(stream: PullStream, subscription: Subscription, first: StreamingPullRequest): Session {
  if (subscription.settings.pushConfig?.pushEndpoint) {
    throw new RpcError(
      status.FAILED_PRECONDITION,
      "This method is not supported for this subscription type: it pushes.",
    );
  }
  let leaseSeconds = checkStreamDeadline(first.streamAckDeadlineSeconds);
  const consumer = streamConsumer(first, () => leaseSeconds * 1000);

  const pump = () => {
    for (let batch = subscription.backlog.take(consumer, MAX_BATCH); batch.length > 0; ) {
      stream.write({ receivedMessages: batch.map(delivery => toReceived(delivery, subscription.settings)) });
      consumer.startBatch();
      batch = subscription.backlog.take(consumer, MAX_BATCH);
    }
    consumer.startBatch();
  };
  const handle = (request: StreamingPullRequest) => {
    if (request.streamAckDeadlineSeconds)
      leaseSeconds = checkStreamDeadline(request.streamAckDeadlineSeconds);
    applyAcks(subscription, request);
    pump();
  };
  const end = () => stream.fail(notFound(`Resource not found (resource=${shortName(subscription.name)}).`));

  stream.write({
    subscriptionProperties: {
      exactlyOnceDeliveryEnabled: false,
      messageOrderingEnabled: subscription.settings.enableMessageOrdering ?? false,
    },
  });
  const leave = subscription.join({ pump, end });
  handle(first);
  return { handle, leave };
}

/** Acks, nacks and extends the deliveries that the request names. */
function applyAcks({ backlog }: Subscription, request: StreamingPullRequest): void {
  const { ackIds = [], modifyDeadlineAckIds = [], modifyDeadlineSeconds = [] } = request;
  if (modifyDeadlineAckIds.length !== modifyDeadlineSeconds.length) {
    throw invalidArgument("modify_deadline_ack_ids and modify_deadline_seconds must have the same length.");
  }
  for (const ackId of ackIds) backlog.ack(ackId);
  modifyDeadlineAckIds.forEach((ackId, place) => {
    const seconds = modifyDeadlineSeconds[place] ?? 0;
    checkLeaseSeconds(seconds);
    if (seconds === 0) backlog.nack(ackId);
    else backlog.extend(ackId, seconds * 1000);
  });
}

function streamConsumer(
  request: StreamingPullRequest,
  leaseMs: () => number,
): Consumer & { startBatch(): void } {
  const maxMessages = Number(request.maxOutstandingMessages ?? 0) || Number.POSITIVE_INFINITY;
  const maxBytes = Number(request.maxOutstandingBytes ?? 0) || Number.POSITIVE_INFINITY;
  let batchFromBytes = 0;
  const consumer = {
    leaseMs,
    oneAtATime: false,
    outstanding: 0,
    outstandingBytes: 0,
    startBatch() {
      batchFromBytes = consumer.outstandingBytes;
    },
    room: () =>
      consumer.outstanding < maxMessages &&
      consumer.outstandingBytes < maxBytes &&
      consumer.outstandingBytes - batchFromBytes < MAX_BATCH_BYTES,
  };
  return consumer;
}

function checkStreamDeadline(seconds = 0): number {
  if (seconds >= 10 && seconds <= 600) return seconds;
  throw invalidArgument(`Invalid stream_ack_deadline_seconds given (${seconds}): it must be 10 to 600.`);
}

/**
 * Checks a new ack deadline: 0 nacks a message, more extends its lease.
 * @throws RpcError INVALID_ARGUMENT outside 0 to 600 seconds
 */
export function checkLeaseSeconds(seconds: number): void {
  if (seconds >= 0 && seconds <= 600) return;
  throw invalidArgument(`Invalid ack deadline given (deadline=${seconds}): it must be 0 to 600 seconds.`);
}
