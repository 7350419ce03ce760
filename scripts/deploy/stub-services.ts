import type { Answer, Handler, Request, StubState } from "./stub-answer.ts";
import { errorAnswer, PROJECT_NUMBER } from "./stub-answer.ts";

type Kept = Record<string, unknown>;

const ok = (body: unknown): Answer => ({ status: 200, body });
const keyOf = ({ service }: Request, name: string) => `${service}/${name}`;

/** Stores a policy beside its resource. */
const policies: Handler = (request, { state }) => {
  const [, name = "", verb] = /^(.*):(get|set)IamPolicy$/.exec(request.path) ?? [];
  if (verb === undefined) return undefined;
  const key = `${keyOf(request, name)}#policy`;
  if (verb === "get") return ok(state.get(key) ?? { etag: "ACAB" });
  const { policy } = request.body as { policy: Kept };
  const etag = Buffer.from(`${key} ${JSON.stringify(policy)}`).toString("base64");
  state.set(key, { ...policy, etag });
  return ok(state.get(key));
};

/** Handles the requests in which a service differs from plain REST. */
const special: Handler = (request, stub) => services[request.service]?.(request, stub);

const services: Readonly<Record<string, Handler>> = {
  cloudresourcemanager: ({ method, path }) => {
    if (method !== "GET" || !/^projects\/[^/]+$/.test(path)) return undefined;
    return ok({ projectId: path.split("/")[1], projectNumber: PROJECT_NUMBER, lifecycleState: "ACTIVE" });
  },
  cloudfunctions: ({ path }, { url }) => {
    if (path.endsWith("/runtimes")) {
      const runtime = { name: "nodejs24", stage: "GA", environment: "GEN_2", displayName: "Node.js 24" };
      return ok({ runtimes: [runtime] });
    }
    if (!path.endsWith("functions:generateUploadUrl")) return undefined;
    const storageSource = { bucket: "stub", object: "source.zip" };
    return ok({ uploadUrl: `${url}/storage/v1/upload`, storageSource });
  },
  storage: ({ method, path }) => (method === "PUT" && path === "upload" ? ok({}) : undefined),
  firebaserules: (request, { state }) => {
    const isKnown = state.has(keyOf(request, request.path));
    return request.method === "GET" && !isKnown ? errorAnswer(404, "NOT_FOUND", request.path) : undefined;
  },
  iam: (request, stub) => {
    const { method, path, body } = request;
    const account = body["serviceAccount"] as Kept;
    if (method === "PATCH") {
      const value = { ...stub.state.get(keyOf(request, path)), ...account };
      return keep(request, stub, { name: path, value });
    }
    if (method !== "POST" || !path.endsWith("/serviceAccounts")) return undefined;
    const project = path.split("/")[1];
    const email = `${body["accountId"]}@${project}.iam.gserviceaccount.com`;
    const name = `${path}/${email}`;
    return keep(request, stub, { name, value: { ...account, email, name } });
  },
  monitoring: (request, stub) => {
    if (request.method !== "POST") return undefined;
    // Cloud Monitoring names its resources by numbers.
    const name = `${request.path}/${stub.state.size + 1}`;
    return keep(request, stub, { name, value: { ...request.body, name, etag: String(stub.state.size) } });
  },
  secretmanager: (request, stub) => {
    if (!request.path.endsWith(":addVersion")) return undefined;
    const parent = `${request.path.replace(/:addVersion$/, "")}/versions`;
    const count = [...stub.state.keys()].filter(key => key.startsWith(`secretmanager/${parent}/`)).length;
    const name = `${parent}/${count + 1}`;
    return keep(request, stub, { name, value: { name, state: "ENABLED" } });
  },
  serviceusage: ({ method, path, body }, stub) => {
    const [, project = "", , api = ""] = path.split("/");
    const enable = (each: string): void => {
      const name = `projects/${project}/services/${each}`;
      stub.state.set(`serviceusage/${name}`, { name, state: "ENABLED", config: { name: each } });
    };
    if (path.endsWith(":generateServiceIdentity")) return makeAgent(project, stub);
    if (path.endsWith(":enable")) enable(api.replace(/:enable$/, ""));
    else if (path.endsWith(":batchEnable")) (body["serviceIds"] as string[]).forEach(enable);
    else if (method === "GET" && api !== "")
      return ok(stub.state.get(`serviceusage/${path}`) ?? { name: path, state: "DISABLED" });
    else return undefined;
    return ok(finishedOperation("", {}));
  },
};

const METADATA = { "@type": "type.googleapis.com/google.firestore.admin.v1.IndexOperationMetadata" };

/** Returns a long-running operation that is finished. */
function finishedOperation(parent: string, response: Kept): Kept {
  return { name: `${parent}operations/done`, done: true, metadata: METADATA, response };
}

/** Creates Google's own account, which then stands in the project's policy. */
function makeAgent(project: string, { state }: StubState): Answer {
  const key = `cloudresourcemanager/projects/${project}#policy`;
  const member = `serviceAccount:service-${PROJECT_NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com`;
  const bindings = [{ role: "roles/pubsub.serviceAgent", members: [member] }];
  state.set(key, { bindings, etag: "ACAB", ...state.get(key) });
  return ok(finishedOperation("", { email: member }));
}

/** Services that answer with long-running operations. */
const OPERATIONS = /^(cloudfunctions|firestore)$/;

function keep(
  request: Request,
  { state }: StubState,
  { name, value }: { name: string; value: Kept },
): Answer {
  state.set(keyOf(request, name), value);
  return ok(value);
}

const operations: Handler = ({ path }) =>
  /(^|\/)operations\//.test(path) ? ok({ ...finishedOperation("", {}), name: path }) : undefined;

/** Creates, reads, lists, changes and deletes named resources. */
const rest: Handler = (request, stub) => verbs[request.method]?.(request, stub);

const verbs: Readonly<Record<string, Handler>> = {
  GET: (request, stub) => {
    const known = stub.state.get(keyOf(request, request.path));
    if (known) return ok(known);
    return isName(request.path) ? undefined : ok(listOf(request, stub));
  },
  DELETE: (request, { state }) => {
    const { service, path } = request;
    const key = keyOf(request, path);
    if (!state.has(key)) return undefined;
    const removed = [...state.keys()].filter(each => each === key || each.startsWith(`${key}/`));
    for (const each of [...removed, `${key}#policy`]) state.delete(each);
    return ok(
      OPERATIONS.test(service) ? finishedOperation(`${path.split("/").slice(0, 4).join("/")}/`, {}) : {},
    );
  },
  PUT: (request, stub) => {
    const known = stub.state.get(keyOf(request, request.path));
    if (known) return errorAnswer(409, "ALREADY_EXISTS", request.path);
    return write(request, stub, { name: request.path, value: request.body });
  },
  PATCH: (request, stub) => {
    const known = stub.state.get(keyOf(request, request.path)) ?? {};
    return write(request, stub, { name: request.path, value: merged(known, maskedBody(request)) });
  },
  POST: (request, stub) => {
    if (request.path.includes(":")) return undefined;
    const name = nameOfNew(request, stub.state.size);
    if (stub.state.has(keyOf(request, name))) return errorAnswer(409, "ALREADY_EXISTS", name);
    return write(request, stub, { name, value: request.body });
  },
};

function write(
  request: Request,
  { state }: StubState,
  { name, value }: { name: string; value: Kept },
): Answer {
  const kept = decorated(request.service, name, value);
  state.set(keyOf(request, name), kept);
  const parent = `${name.split("/").slice(0, 4).join("/")}/`;
  return ok(OPERATIONS.test(request.service) ? finishedOperation(parent, kept) : kept);
}

/** Tells whether a path names one resource. A path with an odd number of parts names a list. */
const isName = (path: string) => path.split("/").length % 2 === 0;

function nameOfNew({ path, query, body }: Request, count: number): string {
  const id = [...query].find(([key]) => /^(functionId|secretId|databaseId|queueId|jobId)$/.test(key))?.[1];
  if (id !== undefined) return `${path}/${id}`;
  const given = body["name"];
  if (typeof given === "string") return given.includes("/") ? given : `${path}/${given}`;
  return `${path}/${count + 1}`;
}

/** Returns the fields in the update mask. Pub/Sub wraps the resource in a field with the name of its kind. */
function maskedBody({ body, query }: Request): Kept {
  const inner = (body["subscription"] ?? body["topic"] ?? body["release"]) as Kept | undefined;
  const mask = String(body["updateMask"] ?? query.get("updateMask") ?? "")
    .split(",")
    .filter(Boolean);
  const value = typeof inner === "object" ? inner : body;
  if (mask.length === 0) return value;
  const tops = new Set(
    mask.map(field => field.split(".")[0]?.replace(/_([a-z])/g, (_all, letter) => letter.toUpperCase())),
  );
  return Object.fromEntries(Object.entries(value).filter(([field]) => tops.has(field)));
}

function merged(known: Kept, change: Kept): Kept {
  const isMap = (value: unknown): value is Kept =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const fields = Object.entries(change).map(([field, value]) => {
    const before = known[field];
    return [field, isMap(before) && isMap(value) ? { ...before, ...value } : value] as const;
  });
  return { ...known, ...Object.fromEntries(fields) };
}

/** Adds the fields that a service sets itself. */
function decorated(service: string, name: string, value: Kept): Kept {
  if (service === "cloudfunctions") {
    const id = name.split("/").at(-1);
    const serviceConfig = {
      ...(value["serviceConfig"] as Kept),
      service: `${name.replace("/functions/", "/services/")}`,
      uri: `https://${id}-stub.a.run.app`,
    };
    return {
      ...value,
      name,
      state: "ACTIVE",
      environment: "GEN_2",
      url: `https://stub/${id}`,
      serviceConfig,
    };
  }
  if (service === "firestore" && name.includes("/indexes/")) return { ...value, name, state: "READY" };
  if (service === "firestore" && name.includes("/fields/")) {
    const ttl = value["ttlConfig"];
    const indexes = (value["indexConfig"] as Kept | undefined)?.["indexes"];
    return {
      name,
      ttlConfig: ttl === undefined ? undefined : { state: "ACTIVE" },
      indexConfig: { indexes: indexes ?? [] },
    };
  }
  return { ...value, name };
}

function listOf({ service, path, body }: Request, { state }: StubState): Kept {
  const kind = path.split("/").at(-1) ?? "";
  const pattern = new RegExp(`^${service}/${escaped(path).replaceAll("/-/", "/[^/]+/")}/[^/#]+$`);
  const found = [...state].filter(([key]) => pattern.test(key)).map(([, value]) => value);
  return { [LISTS[`${service} ${kind}`] ?? kind]: found, ...body };
}

/** Names of lists that differ from the name of their resources. */
const LISTS: Readonly<Record<string, string>> = { "iam serviceAccounts": "accounts" };

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export const handlers: readonly Handler[] = [policies, special, operations, rest];
