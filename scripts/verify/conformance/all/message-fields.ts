import type { ProtoPackage } from "./definitions.ts";

/** A request message, and the treatment of each of its fields by the embedded emulators. */
export interface MessageFields {
  protoPackage: ProtoPackage;
  message: string;
  /** Fields that take effect, and fields that only the service sets. */
  supported: readonly string[];
  /** Ignored fields. No answer depends on them. */
  ignorable?: readonly string[];
  /** Fields that are refused with UNIMPLEMENTED or INVALID_ARGUMENT, each with an example. */
  refused: Readonly<Record<string, unknown>>;
}

export const recently = { seconds: Math.floor(Date.now() / 1000) - 10 };

export const MESSAGES: readonly MessageFields[] = [
  {
    protoPackage: "google.firestore.v1",
    message: "RunQueryRequest",
    supported: ["parent", "structuredQuery", "transaction", "newTransaction", "readTime"],
    refused: { explainOptions: {} },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "StructuredQuery",
    supported: ["select", "from", "where", "orderBy", "startAt", "endAt", "offset", "limit"],
    refused: {
      findNearest: { vectorField: { fieldPath: "v" }, limit: { value: 1 }, distanceMeasure: "EUCLIDEAN" },
    },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "RunAggregationQueryRequest",
    supported: ["parent", "structuredAggregationQuery", "transaction", "newTransaction", "readTime"],
    refused: { explainOptions: { analyze: true } },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "ListDocumentsRequest",
    supported: ["parent", "collectionId", "pageSize", "pageToken", "mask", "readTime", "showMissing"],
    refused: { orderBy: "n desc", transaction: Buffer.from("x") },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "ListCollectionIdsRequest",
    supported: ["parent", "pageSize", "pageToken"],
    refused: { readTime: recently },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "PartitionQueryRequest",
    supported: ["parent", "structuredQuery", "partitionCount", "pageToken", "pageSize"],
    // Any read time divides the collection group into partitions that hold each document once.
    ignorable: ["readTime"],
    refused: {},
  },
  {
    protoPackage: "google.firestore.v1",
    message: "BatchWriteRequest",
    supported: ["database", "writes"],
    ignorable: ["labels"],
    refused: {},
  },
  {
    protoPackage: "google.firestore.v1",
    message: "Write",
    supported: ["update", "delete", "transform", "updateMask", "updateTransforms", "currentDocument"],
    refused: {},
  },
  {
    protoPackage: "google.pubsub.v1",
    message: "Topic",
    supported: ["name", "labels", "satisfiesPzs", "state"],
    // Place and encryption of the storage, and tags: messages do not depend on them.
    ignorable: ["messageStoragePolicy", "kmsKeyName", "tags"],
    refused: {
      schemaSettings: { schema: "projects/demo-test/schemas/s" },
      messageRetentionDuration: { seconds: 3600 },
      ingestionDataSourceSettings: { awsKinesis: { streamArn: "x" } },
      messageTransforms: [{ javascriptUdf: { functionName: "f", code: "x" } }],
    },
  },
  {
    protoPackage: "google.pubsub.v1",
    message: "Subscription",
    supported: [
      ...["name", "topic", "pushConfig", "ackDeadlineSeconds", "retainAckedMessages", "labels", "filter"],
      ...["messageRetentionDuration", "enableMessageOrdering", "deadLetterPolicy", "retryPolicy", "state"],
      ...["topicMessageRetentionDuration", "analyticsHubSubscriptionInfo"],
    ],
    ignorable: ["tags"],
    refused: {
      bigqueryConfig: { table: "p.d.t" },
      cloudStorageConfig: { bucket: "b" },
      bigtableConfig: { table: "t" },
      expirationPolicy: { ttl: { seconds: 86_400 } },
      detached: true,
      enableExactlyOnceDelivery: true,
      messageTransforms: [{ javascriptUdf: { functionName: "f", code: "x" } }],
    },
  },
  {
    protoPackage: "google.pubsub.v1",
    message: "PushConfig",
    // A push without `noWrapper` and without attributes has the same wrapper.
    supported: ["pushEndpoint", "oidcToken", "pubsubWrapper"],
    refused: { noWrapper: { writeMetadata: true }, attributes: { "x-goog-version": "v1beta1" } },
  },
  {
    protoPackage: "google.pubsub.v1",
    message: "SeekRequest",
    supported: ["subscription", "time"],
    refused: { snapshot: "projects/demo-test/snapshots/s" },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "Queue",
    supported: ["name", "rateLimits", "retryConfig", "state", "purgeTime"],
    ignorable: ["stackdriverLoggingConfig"],
    refused: { appEngineRoutingOverride: { service: "s" } },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "Task",
    supported: [
      ...["name", "httpRequest", "scheduleTime", "createTime", "dispatchDeadline", "dispatchCount"],
      ...["responseCount", "firstAttempt", "lastAttempt", "view"],
    ],
    refused: { appEngineHttpRequest: { relativeUri: "/" } },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "HttpRequest",
    supported: ["url", "httpMethod", "headers", "body", "oidcToken"],
    refused: { oauthToken: { serviceAccountEmail: "a@b.c" } },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "ListQueuesRequest",
    supported: ["parent", "pageSize", "pageToken"],
    refused: { filter: "state: PAUSED" },
  },
  {
    protoPackage: "google.cloud.scheduler.v1",
    message: "Job",
    supported: [
      ...[
        "name",
        "description",
        "httpTarget",
        "schedule",
        "userUpdateTime",
        "state",
        "status",
        "scheduleTime",
      ],
      ...["lastAttemptTime", "retryConfig", "attemptDeadline"],
    ],
    refused: {
      pubsubTarget: { topicName: "projects/demo-test/topics/t", data: Buffer.from("x") },
      appEngineHttpTarget: { relativeUri: "/" },
      timeZone: "Europe/Berlin",
    },
  },
  {
    protoPackage: "google.cloud.scheduler.v1",
    message: "HttpTarget",
    supported: ["uri", "httpMethod", "headers", "body", "oidcToken"],
    refused: { oauthToken: { serviceAccountEmail: "a@b.c" } },
  },
];
