import { Client, credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startFirestore } from "../../../local-cloud/firestore/firestore.ts";
import { loadService } from "../../../local-cloud/grpc/services.ts";
import { openStorage } from "../../../local-cloud/storage.ts";
import { startTestPubSub } from "../../../local-cloud/test/pubsub.ts";
import { startTestScheduler } from "../../../local-cloud/test/scheduler.ts";
import { startTestTasks } from "../../../local-cloud/test/tasks.ts";
import { callsOf, fieldsOf, PACKAGES } from "./definitions.ts";
import { MESSAGES, requestWith } from "./requests.ts";

const definitions = {
  ...loadService("firestore"),
  ...loadService("publisher"),
  ...loadService("subscriber"),
  ...loadService("tasks"),
  ...loadService("scheduler"),
};

/** What each emulator does not do, and why nobody misses it here. */
const UNIMPLEMENTED: Record<string, string[]> = {
  // Only the browser's client writes through a stream; pipelines are a query language of their own.
  "google.firestore.v1.Firestore": ["ExecutePipeline", "Write"],
  // No settings of a topic can be changed but labels; detaching is an operator's emergency measure.
  "google.pubsub.v1.Publisher": ["DetachSubscription", "ListTopicSnapshots", "UpdateTopic"],
  // One seeks to a time.
  "google.pubsub.v1.Subscriber": [
    ...["CreateSnapshot", "DeleteSnapshot", "GetSnapshot", "ListSnapshots", "UpdateSnapshot"],
  ],
  // Not served at all: events are checked by PulseCart itself.
  "google.pubsub.v1.SchemaService": [
    ...["CommitSchema", "CreateSchema", "DeleteSchema", "DeleteSchemaRevision", "GetSchema"],
    ...["ListSchemaRevisions", "ListSchemas", "RollbackSchema", "ValidateMessage", "ValidateSchema"],
  ],
  // Everybody may do everything.
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

/** The code of the answer to a call, whatever its definition. */
async function codeOf(path: string, serialized: Buffer): Promise<number> {
  const client = clients.get(path.slice(1, path.lastIndexOf(".")));
  if (!client) throw new Error(`nobody serves ${path}`);
  const same = (bytes: Buffer) => bytes;
  const stream = client.makeServerStreamRequest(path, same, same, serialized);
  return stream.toArray().then(
    () => status.OK,
    (error: { code: number }) => error.code,
  );
}

function send(rpc: string, request: object): Promise<number> {
  const definition = definitions[rpc];
  if (!definition) throw new Error(`no service has ${rpc}`);
  return codeOf(definition.path, definition.requestSerialize(request));
}

const calls = PACKAGES.flatMap(callsOf);
const services = [...new Set(calls.map(path => path.slice(1, path.lastIndexOf("/"))))];

test.each(services)(
  "%s answers UNIMPLEMENTED to each call that it does not play, and to no other",
  async name => {
    const own = calls.filter(path => path.startsWith(`/${name}/`));
    const codes = await Promise.all(own.map(path => codeOf(path, Buffer.alloc(0))));
    const refused = own.filter((_, place) => codes[place] === status.UNIMPLEMENTED);
    expect(refused.map(path => path.slice(name.length + 2)).sort()).toEqual(UNIMPLEMENTED[name]);
  },
);

test.each(MESSAGES.map(each => [each.message, each] as const))(
  "%s: every field is played, refused, or without consequence",
  async (message, { protoPackage, played, inconsequential = [], refused }) => {
    const decided = [...played, ...inconsequential, ...Object.keys(refused)];
    expect(decided.sort()).toEqual(fieldsOf(protoPackage, message).sort());
  },
);

const refusals = MESSAGES.flatMap(({ message, refused }) =>
  Object.entries(refused).map(([field, value]) => [message, field, value] as const),
);

test.each(refusals)("%s.%s is refused, not ignored", async (message, field, value) => {
  const { rpc, request } = requestWith(message, { [field]: value });
  expect([status.UNIMPLEMENTED, status.INVALID_ARGUMENT]).toContain(await send(rpc, request));
  // For that field, and for nothing else in the request.
  const plain = requestWith(message, {});
  expect([status.OK, status.ALREADY_EXISTS]).toContain(await send(plain.rpc, plain.request));
});

const snakeCase = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

/** How each kind of resource is changed, with and without a mask where it may be left out. */
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
  "an update of %s.%s is refused, not ignored",
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
