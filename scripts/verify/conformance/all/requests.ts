import { recently } from "./message-fields.ts";

const query = { from: [{ collectionId: "c" }] };
const parent = "projects/demo-test/databases/(default)/documents";
const topic = "projects/demo-test/topics/events";
const subscription = { name: "projects/demo-test/subscriptions/refused", topic };
const location = "projects/demo-test/locations/local";
const queue = `${location}/queues/q`;
const httpRequest = { url: "http://127.0.0.1:1/" };
const job = { schedule: "* * * * *", httpTarget: { uri: "http://127.0.0.1:1/" } };
const aggregation = { structuredQuery: query, aggregations: [{ alias: "n", count: {} }] };

interface CallRequest {
  rpc: string;
  request: object;
}

/**
 * Returns the call that carries a message with these fields. All other fields are valid.
 * @throws Error for a message that no call carries
 */
export function requestWith(message: string, fields: object): CallRequest {
  const requests = requestsWith(fields);
  const found = requests[message];
  if (!found)
    throw new Error(`Message unknown: expected ${Object.keys(requests).join(", ")}, got ${message}`);
  return found;
}

function requestsWith(fields: object): Record<string, CallRequest> {
  return {
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
}
