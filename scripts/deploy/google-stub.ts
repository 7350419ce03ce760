import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, Request, StubState } from "./stub-answer.ts";
import { error } from "./stub-answer.ts";
import { handlers } from "./stub-services.ts";

/** What was asked of the stub, and what it answered. */
export interface Asked {
  method: string;
  service: string;
  path: string;
  body: unknown;
  status: number;
}

export interface Stub {
  /** What gcloud finds in its environment, so that it speaks to nobody else. */
  environment: Record<string, string>;
  asked: readonly Asked[];
  /** What is kept, by service and full name: "cloudtasks/projects/p/locations/r/queues/send-mail". */
  state: Map<string, Record<string, unknown>>;
  /** Has every matching call refused until the function that it answers is called. */
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
 * Plays the REST APIs that gcloud speaks to: it keeps what it is given, finds it again, and ends every long-running
 * operation at once. It checks nothing: whether a service would take what it was given, only the service can say.
 * @param relayed where calls of a service go instead, such as Google's emulator of it
 */
export async function startGoogleStub(relayed: Readonly<Record<string, string>> = {}): Promise<Stub> {
  const state = new Map<string, Record<string, unknown>>();
  const asked: Asked[] = [];
  const refused = new Set<(request: Request) => boolean>();
  let url = "";
  const server = createServer(async (incoming, outgoing) => {
    const request = await read(incoming);
    const isRefused = [...refused].some(matches => matches(request));
    const { status, body } = isRefused ? refusal : await answerTo(request, { state, url }, relayed);
    asked.push({ ...request, status });
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
    asked,
    state,
    refuse: matches => {
      refused.add(matches);
      return () => void refused.delete(matches);
    },
    close: () => server.close().closeAllConnections(),
  };
}

const refusal = error(400, "FAILED_PRECONDITION", "the stub was told to refuse this");

async function read(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const url = new URL(incoming.url ?? "", "http://stub");
  const [, service = "", , ...path] = decodeURIComponent(url.pathname).split("/");
  return {
    method: incoming.method ?? "",
    service,
    // An account's name says in which project it is.
    path: path.join("/").replace(/^projects\/-\/(.+@(.+)\.iam\.)/, "projects/$2/$1"),
    query: url.searchParams,
    body: jsonIn(Buffer.concat(chunks)),
  };
}

/** An upload is no JSON, and nobody looks at it. */
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
  return error(404, "NOT_FOUND", `nothing at ${request.service}/${request.path}`);
}

async function relay({ method, path, query, body }: Request, host: string): Promise<Answer> {
  const answer = await fetch(`http://${host}/v1/${path}?${query}`, {
    method,
    ...(method === "GET" || method === "DELETE"
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: answer.status, body: await answer.json() };
}
