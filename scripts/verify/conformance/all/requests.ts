import type { ProtoPackage } from "./definitions.ts";

/** A request message, and what becomes of each of its fields on the embedded emulators. */
export interface Message {
  protoPackage: ProtoPackage;
  message: string;
  /** Heeded; or, where a client has no business with it, set by the service. */
  played: readonly string[];
  /** Not heeded, and no answer would be another one if it were. */
  inconsequential?: readonly string[];
  /** Refused with UNIMPLEMENTED or INVALID_ARGUMENT, each with a value to be refused. */
  refused: Readonly<Record<string, unknown>>;
}

const query = { from: [{ collectionId: "c" }] };
const recently = { seconds: Math.floor(Date.now() / 1000) - 10 };

export const MESSAGES: readonly Message[] = [
  {
    protoPackage: "google.firestore.v1",
    message: "RunQueryRequest",
    played: ["parent", "structuredQuery", "transaction", "newTransaction", "readTime"],
    refused: { explainOptions: {} },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "StructuredQuery",
    played: ["select", "from", "where", "orderBy", "startAt", "endAt", "offset", "limit"],
    refused: {
      findNearest: { vectorField: { fieldPath: "v" }, limit: { value: 1 }, distanceMeasure: "EUCLIDEAN" },
    },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "RunAggregationQueryRequest",
    played: ["parent", "structuredAggregationQuery", "transaction", "newTransaction", "readTime"],
    refused: { explainOptions: { analyze: true } },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "ListDocumentsRequest",
    played: ["parent", "collectionId", "pageSize", "pageToken", "mask", "readTime", "showMissing"],
    refused: { orderBy: "n desc", transaction: Buffer.from("x") },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "ListCollectionIdsRequest",
    played: ["parent", "pageSize", "pageToken"],
    refused: { readTime: recently },
  },
  {
    protoPackage: "google.firestore.v1",
    message: "PartitionQueryRequest",
    played: ["parent", "structuredQuery", "partitionCount", "pageToken", "pageSize"],
    // Any points divide the collection group into parts that hold each document once.
    inconsequential: ["readTime"],
    refused: {},
  },
  {
    protoPackage: "google.firestore.v1",
    message: "BatchWriteRequest",
    played: ["database", "writes"],
    inconsequential: ["labels"],
    refused: {},
  },
  {
    protoPackage: "google.firestore.v1",
    message: "Write",
    played: ["update", "delete", "transform", "updateMask", "updateTransforms", "currentDocument"],
    refused: {},
  },
  {
    protoPackage: "google.pubsub.v1",
    message: "Topic",
    played: ["name", "labels", "satisfiesPzs", "state"],
    // Where and how it is stored, and by what tags it is found: no message is another one.
    inconsequential: ["messageStoragePolicy", "kmsKeyName", "tags"],
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
    played: [
      ...["name", "topic", "pushConfig", "ackDeadlineSeconds", "retainAckedMessages", "labels", "filter"],
      ...["messageRetentionDuration", "enableMessageOrdering", "deadLetterPolicy", "retryPolicy", "state"],
      ...["topicMessageRetentionDuration", "analyticsHubSubscriptionInfo"],
    ],
    inconsequential: ["tags"],
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
    // The wrapper is what is pushed without either.
    played: ["pushEndpoint", "oidcToken", "pubsubWrapper"],
    refused: { noWrapper: { writeMetadata: true }, attributes: { "x-goog-version": "v1beta1" } },
  },
  {
    protoPackage: "google.pubsub.v1",
    message: "SeekRequest",
    played: ["subscription", "time"],
    refused: { snapshot: "projects/demo-test/snapshots/s" },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "Queue",
    played: ["name", "rateLimits", "retryConfig", "state", "purgeTime"],
    inconsequential: ["stackdriverLoggingConfig"],
    refused: { appEngineRoutingOverride: { service: "s" } },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "Task",
    played: [
      ...["name", "httpRequest", "scheduleTime", "createTime", "dispatchDeadline", "dispatchCount"],
      ...["responseCount", "firstAttempt", "lastAttempt", "view"],
    ],
    refused: { appEngineHttpRequest: { relativeUri: "/" } },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "HttpRequest",
    played: ["url", "httpMethod", "headers", "body", "oidcToken"],
    refused: { oauthToken: { serviceAccountEmail: "a@b.c" } },
  },
  {
    protoPackage: "google.cloud.tasks.v2",
    message: "ListQueuesRequest",
    played: ["parent", "pageSize", "pageToken"],
    refused: { filter: "state: PAUSED" },
  },
  {
    protoPackage: "google.cloud.scheduler.v1",
    message: "Job",
    played: [
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
    played: ["uri", "httpMethod", "headers", "body", "oidcToken"],
    refused: { oauthToken: { serviceAccountEmail: "a@b.c" } },
  },
];

/** The call that carries a message with these fields, and otherwise only what is right. */
export function requestWith(message: string, fields: object): { rpc: string; request: object } {
  const parent = "projects/demo-test/databases/(default)/documents";
  const topic = "projects/demo-test/topics/events";
  const subscription = { name: "projects/demo-test/subscriptions/refused", topic };
  const location = "projects/demo-test/locations/local";
  const queue = `${location}/queues/q`;
  const httpRequest = { url: "http://127.0.0.1:1/" };
  const job = { schedule: "* * * * *", httpTarget: { uri: "http://127.0.0.1:1/" } };
  const aggregation = { structuredQuery: query, aggregations: [{ alias: "n", count: {} }] };
  const requests: Record<string, { rpc: string; request: object }> = {
    RunQueryRequest: { rpc: "RunQuery", request: { parent, structuredQuery: query, ...fields } },
    StructuredQuery: { rpc: "RunQuery", request: { parent, structuredQuery: { ...query, ...fields } } },
    RunAggregationQueryRequest: {
      rpc: "RunAggregationQuery",
      request: { parent, structuredAggregationQuery: aggregation, ...fields },
    },
    ListDocumentsRequest: { rpc: "ListDocuments", request: { parent, collectionId: "c", ...fields } },
    ListCollectionIdsRequest: { rpc: "ListCollectionIds", request: { parent, ...fields } },
    Topic: { rpc: "CreateTopic", request: { name: "projects/demo-test/topics/refused", ...fields } },
    Subscription: { rpc: "CreateSubscription", request: { ...subscription, ...fields } },
    PushConfig: {
      rpc: "CreateSubscription",
      request: { ...subscription, pushConfig: { pushEndpoint: "http://127.0.0.1:1/", ...fields } },
    },
    SeekRequest: {
      rpc: "Seek",
      request: { subscription: "projects/demo-test/subscriptions/sought", time: recently, ...fields },
    },
    Queue: { rpc: "CreateQueue", request: { parent: location, queue: { name: `${queue}2`, ...fields } } },
    Task: { rpc: "CreateTask", request: { parent: queue, task: { httpRequest, ...fields } } },
    HttpRequest: {
      rpc: "CreateTask",
      request: { parent: queue, task: { httpRequest: { ...httpRequest, ...fields } } },
    },
    ListQueuesRequest: { rpc: "ListQueues", request: { parent: location, ...fields } },
    Job: { rpc: "CreateJob", request: { parent: location, job: { ...job, ...fields } } },
    HttpTarget: {
      rpc: "CreateJob",
      request: { parent: location, job: { ...job, httpTarget: { ...job.httpTarget, ...fields } } },
    },
  };
  const found = requests[message];
  if (!found) throw new Error(`no call carries ${message}`);
  return found;
}
