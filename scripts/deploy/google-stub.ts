import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, Request, StubState } from "./stub-answer.ts";
import { errorAnswer } from "./stub-answer.ts";
import { handlers } from "./stub-services.ts";

/** One request to the stub, with the status of its answer. */
export interface StubRequest {
  method: string;
  service: string;
  path: string;
  body: unknown;
  status: number;
}

export interface Stub {
  /** Variables that direct every request of gcloud to the stub. */
  environment: Record<string, string>;
  requests: readonly StubRequest[];
  /** The stored resources by service and full name: "cloudtasks/projects/p/locations/r/queues/send-mail". */
  state: Map<string, Record<string, unknown>>;
  /**
   * Refuses every matching request.
   * @returns a function that ends the refusals
   */
  refuse(matches: (request: Request) => boolean): () => void;
  close(): void;
}

const SERVICES = [
  "artifactregistry",
  "cloudbuild",
  "cloudfunctions",
  "cloudresourcemanager",
  "cloudscheduler",
  "cloudtasks",
  "eventarc",
  "firebaserules",
  "firestore",
  "iam",
  "logging",
  "monitoring",
  "pubsub",
  "run",
  "secretmanager",
  "serviceusage",
  "storage",
];

/**
 * Starts a stub of the REST APIs that gcloud calls.
 * The stub stores resources, finds them again, and ends every long-running operation at once. The stub validates
 * nothing: only the real service can tell whether it accepts a resource.
 * @param relayed hosts that answer for a service in place of the stub, such as Google's emulator
 */
export async function startGoogleStub(relayed: Readonly<Record<string, string>> = {}): Promise<Stub> {
  const state = new Map<string, Record<string, unknown>>();
  const requests: StubRequest[] = [];
  const refused = new Set<(request: Request) => boolean>();
  let url = "";
  const server = createServer(async (incoming, outgoing) => {
    const request = await read(incoming);
    const isRefused = [...refused].some(matches => matches(request));
    const { status, body } = isRefused ? refusal : await answerTo(request, { state, url }, relayed);
    requests.push({ ...request, status });
    outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    environment: {
      ...Object.fromEntries(
        SERVICES.map(service => [
          `CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`,
          `${url}/${service}/`,
        ]),
      ),
      FIREBASERULES_URL: `${url}/firebaserules`,
    },
    requests,
    state,
    refuse: matches => {
      refused.add(matches);
      return () => void refused.delete(matches);
    },
    close: () => server.close().closeAllConnections(),
  };
}

const refusal = errorAnswer(400, "FAILED_PRECONDITION", "the rehearsal refuses this request");

async function read(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const url = new URL(incoming.url ?? "", "http://stub");
  const [, service = "", , ...path] = decodeURIComponent(url.pathname).split("/");
  return {
    method: incoming.method ?? "",
    service,
    // The account's email contains its project.
    path: path.join("/").replace(/^projects\/-\/(.+@(.+)\.iam\.)/, "projects/$2/$1"),
    query: url.searchParams,
    body: jsonIn(Buffer.concat(chunks)),
  };
}

/** Parses a body. An upload is no JSON, and the stub does not need it. */
function jsonIn(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString("utf8") || "{}");
  } catch {
    return {};
  }
}

async function answerTo(
  request: Request,
  stub: StubState,
  relayed: Readonly<Record<string, string>>,
): Promise<Answer> {
  const isPolicy = /:(get|set)IamPolicy$/.test(request.path);
  const elsewhere = relayed[request.service];
  if (elsewhere !== undefined && !isPolicy) return relay(request, elsewhere);
  for (const handler of handlers) {
    const answer = await handler(request, stub);
    if (answer) return answer;
  }
  return errorAnswer(404, "NOT_FOUND", `nothing at ${request.service}/${request.path}`);
}

async function relay({ method, path, query, body }: Request, host: string): Promise<Answer> {
  const hasBody = method !== "GET" && method !== "DELETE";
  const answer = await fetch(`http://${host}/v1/${path}?${query}`, {
    method,
    headers: hasBody ? { "content-type": "application/json" } : undefined,
    body: hasBody ? JSON.stringify(body) : undefined,
  });
  return { status: answer.status, body: await answer.json() };
}
