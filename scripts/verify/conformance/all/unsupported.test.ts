import { Client, credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startFirestore } from "../../../local-cloud/firestore/firestore.ts";
import { loadService } from "../../../local-cloud/grpc/services.ts";
import { openStorage } from "../../../local-cloud/storage.ts";
import { startTestPubSub } from "../../../local-cloud/test/pubsub.ts";
import { startTestScheduler } from "../../../local-cloud/test/scheduler.ts";
import { startTestTasks } from "../../../local-cloud/test/tasks.ts";
import { callsOf, fieldsOf, PACKAGES } from "./definitions.ts";
import { MESSAGES } from "./message-fields.ts";
import { requestWith } from "./requests.ts";

const definitions = {
  ...loadService("firestore"),
  ...loadService("publisher"),
  ...loadService("subscriber"),
  ...loadService("tasks"),
  ...loadService("scheduler"),
};

/** Unsupported calls of each service. The comments say why PulseCart needs none of them. */
const UNIMPLEMENTED: Record<string, string[]> = {
  // Only browser clients write through a stream; pipelines are another query language.
  "google.firestore.v1.Firestore": ["ExecutePipeline", "Write"],
  // Labels are the only setting of a topic that can change; only operators detach subscriptions.
  "google.pubsub.v1.Publisher": ["DetachSubscription", "ListTopicSnapshots", "UpdateTopic"],
  // Clients seek to a time instead of a snapshot.
  "google.pubsub.v1.Subscriber": [
    ...["CreateSnapshot", "DeleteSnapshot", "GetSnapshot", "ListSnapshots", "UpdateSnapshot"],
  ],
  // PulseCart validates events itself.
  "google.pubsub.v1.SchemaService": [
    ...["CommitSchema", "CreateSchema", "DeleteSchema", "DeleteSchemaRevision", "GetSchema"],
    ...["ListSchemaRevisions", "ListSchemas", "RollbackSchema", "ValidateMessage", "ValidateSchema"],
  ],
  // The emulators check no permissions.
  "google.cloud.tasks.v2.CloudTasks": ["GetIamPolicy", "SetIamPolicy", "TestIamPermissions"],
  "google.cloud.scheduler.v1.CloudScheduler": [],
};

const clients = new Map<string, Client>();
let stop: () => Promise<unknown>;

beforeAll(async () => {
  const storage = openStorage();
  const firestore = await startFirestore({ now: Date.now, storage });
  const [pubsub, tasks, scheduler] = [
    await startTestPubSub(),
    await startTestTasks(),
    await startTestScheduler(),
  ];
  await pubsub.topic.createSubscription("sought");
  await tasks.createQueue("q");
  const hosts = [firestore.host, pubsub.service.host, tasks.service.host, scheduler.service.host];
  for (const [place, name] of PACKAGES.entries()) {
    clients.set(name, new Client(hosts[place] ?? "", credentials.createInsecure()));
  }
  stop = async () => {
    for (const client of clients.values()) client.close();
    await Promise.all([pubsub.close(), tasks.close(), scheduler.close()]);
    firestore.close();
    storage.close();
  };
});
afterAll(() => stop());

/** Calls a path and returns the status code of the answer. */
async function codeOf(path: string, serialized: Buffer): Promise<number> {
  const client = clients.get(path.slice(1, path.lastIndexOf(".")));
  if (!client) throw new Error(`Service unknown: expected a service of ${PACKAGES.join(", ")}, got ${path}`);
  const same = (bytes: Buffer) => bytes;
  const stream = client.makeServerStreamRequest(path, same, same, serialized);
  return stream.toArray().then(
    () => status.OK,
    (error: { code: number }) => error.code,
  );
}

function send(rpc: string, request: object): Promise<number> {
  const definition = definitions[rpc];
  if (!definition) throw new Error(`Call unknown: expected a call of the four services, got ${rpc}`);
  return codeOf(definition.path, definition.requestSerialize(request));
}

const calls = PACKAGES.flatMap(callsOf);
const services = [...new Set(calls.map(path => path.slice(1, path.lastIndexOf("/"))))];

test.each(services)("answers UNIMPLEMENTED to exactly the unsupported calls of %s", async name => {
  const own = calls.filter(path => path.startsWith(`/${name}/`));
  const codes = await Promise.all(own.map(path => codeOf(path, Buffer.alloc(0))));
  const refused = own.filter((_, place) => codes[place] === status.UNIMPLEMENTED);
  expect(refused.map(path => path.slice(name.length + 2)).sort()).toEqual(UNIMPLEMENTED[name]);
});

test.each(MESSAGES.map(each => [each.message, each] as const))(
  "supports, refuses or may ignore every field of %s",
  async (message, { protoPackage, supported, ignorable = [], refused }) => {
    const decided = [...supported, ...ignorable, ...Object.keys(refused)];
    expect(decided.sort()).toEqual(fieldsOf(protoPackage, message).sort());
  },
);

const refusals = MESSAGES.flatMap(({ message, refused }) =>
  Object.entries(refused).map(([field, value]) => [message, field, value] as const),
);

test.each(refusals)("refuses %s.%s instead of ignoring the field", async (message, field, value) => {
  const { rpc, request } = requestWith(message, { [field]: value });
  expect([status.UNIMPLEMENTED, status.INVALID_ARGUMENT]).toContain(await send(rpc, request));
  // The same request without this field is accepted, so the field was the cause.
  const plain = requestWith(message, {});
  expect([status.OK, status.ALREADY_EXISTS]).toContain(await send(plain.rpc, plain.request));
});

const snakeCase = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

/** Update requests by resource. Paths name the mask; an empty list stands for no mask. */
const updates: Record<string, (fields: object, paths: string[]) => [rpc: string, request: object]> = {
  Subscription: (fields, paths) => [
    "UpdateSubscription",
    {
      subscription: { name: "projects/demo-test/subscriptions/sought", ...fields },
      updateMask: { paths },
    },
  ],
  Queue: (fields, paths) => [
    "UpdateQueue",
    { queue: { name: "projects/demo-test/locations/local/queues/q", ...fields }, updateMask: { paths } },
  ],
  Job: (fields, paths) => [
    "UpdateJob",
    { job: { name: "projects/demo-test/locations/local/jobs/j", ...fields }, updateMask: { paths } },
  ],
};

test.each(refusals.filter(([message]) => updates[message]))(
  "refuses an update of %s.%s instead of ignoring the field",
  async (message, field, value) => {
    if (message === "Job") {
      const parent = "projects/demo-test/locations/local";
      const job = { name: `${parent}/jobs/j`, schedule: "* * * * *", httpTarget: { uri: "http://a.b/" } };
      await send("CreateJob", { parent, job });
    }
    for (const paths of [[snakeCase(field)], []]) {
      const [rpc, request] = updates[message]?.({ [field]: value }, paths) ?? ["", {}];
      expect([status.UNIMPLEMENTED, status.INVALID_ARGUMENT]).toContain(await send(rpc, request));
    }
  },
);
