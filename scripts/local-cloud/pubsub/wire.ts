import type { OidcToken } from "../delivery/http-request.ts";
import type { WireTime } from "../wire-time.ts";

// The parts of google.pubsub.v1 that the emulator reads and writes. An absent field has protobuf's default.

export interface WireMessage {
  data?: Buffer;
  attributes?: Record<string, string>;
  messageId?: string;
  publishTime?: WireTime;
  orderingKey?: string;
}

export interface WireTopic {
  name: string;
  labels?: Record<string, string>;
  messageRetentionDuration?: WireTime;
}

export interface PushConfig {
  pushEndpoint?: string;
  attributes?: Record<string, string>;
  oidcToken?: OidcToken;
}

export interface RetryPolicy {
  minimumBackoff?: WireTime;
  maximumBackoff?: WireTime;
}

export interface DeadLetterPolicy {
  deadLetterTopic?: string;
  maxDeliveryAttempts?: number;
}

export interface WireSubscription {
  name: string;
  topic: string;
  pushConfig?: PushConfig;
  ackDeadlineSeconds?: number;
  retainAckedMessages?: boolean;
  messageRetentionDuration?: WireTime;
  labels?: Record<string, string>;
  enableMessageOrdering?: boolean;
  expirationPolicy?: { ttl?: WireTime };
  filter?: string;
  deadLetterPolicy?: DeadLetterPolicy;
  retryPolicy?: RetryPolicy;
}

export interface ReceivedMessage {
  ackId: string;
  message: WireMessage;
  deliveryAttempt?: number;
}

export interface StreamingPullRequest {
  subscription?: string;
  ackIds?: string[];
  modifyDeadlineSeconds?: number[];
  modifyDeadlineAckIds?: string[];
  streamAckDeadlineSeconds?: number;
  maxOutstandingMessages?: string;
  maxOutstandingBytes?: string;
}

export interface StreamingPullResponse {
  receivedMessages?: ReceivedMessage[];
  subscriptionProperties?: { exactlyOnceDeliveryEnabled: boolean; messageOrderingEnabled: boolean };
}
