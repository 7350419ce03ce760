import type { IncomingHttpHeaders } from "node:http2";
import type { MethodDefinition, ServiceError } from "@grpc/grpc-js";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import type { AnswersHandler, Handler, StreamHandler, UnaryHandler } from "../local-cloud/grpc/handlers.ts";
import { serve } from "../local-cloud/grpc/server.ts";
import { loadService } from "../local-cloud/grpc/services.ts";
import { RpcError } from "../local-cloud/rpc-error.ts";

type Method = MethodDefinition<object, object>;

/** A hook of one unary method. */
export interface Hook {
  /** Returns the request to send instead. */
  request?(message: object): object;
  /** Called after each successful call. */
  response?(request: object, response: object): void;
}

/**
 * Starts a gRPC server that passes every call to another server. The injected faults of the local cloud apply to
 * these calls.
 * @param hooks by the names of unary methods
 */
export async function startRelay(
  upstream: string,
  names: readonly Parameters<typeof loadService>[0][],
  hooks: Readonly<Record<string, Hook>> = {},
): Promise<{ host: string; close(): void }> {
  const client = new Client(upstream, credentials.createInsecure());
  const services = names.map(name => {
    const definition = loadService(name);
    const handlers: Record<string, Handler<Buffer, Buffer>> = {};
    for (const [key, method] of Object.entries(definition)) {
      handlers[key] = passerFor(client, method as Method, hooks[key] ?? {});
    }
    return { definition: rawDefinition(definition), handlers };
  });
  const { host, close } = await serve(services);
  return {
    host,
    close() {
      close();
      client.close();
    },
  };
}

const asItIs = (bytes: Buffer): Buffer => bytes;

/** Returns a definition that leaves messages as bytes, so that unknown fields are passed on. */
function rawDefinition(definition: ServiceDefinition): ServiceDefinition {
  const raw = { requestDeserialize: asItIs, responseSerialize: asItIs };
  const entries = Object.entries(definition).map(([key, method]) => [key, { ...method, ...raw }]);
  return Object.fromEntries(entries);
}

function passerFor(client: Client, method: Method, hook: Hook): Handler<Buffer, Buffer> {
  if (method.requestStream) return passDuplex(client, method);
  return method.responseStream ? passAnswers(client, method) : passUnary(client, method, hook);
}

function passUnary(client: Client, method: Method, hook: Hook): UnaryHandler<Buffer, Buffer> {
  return (request, { headers, signal }) => {
    const sent = hook.request
      ? method.requestSerialize(hook.request(method.requestDeserialize(request)))
      : request;
    return new Promise((resolve, reject) => {
      const up = client.makeUnaryRequest(
        method.path,
        asItIs,
        asItIs,
        sent,
        metadataIn(headers),
        (error, answer) => {
          if (!answer) return reject(refusalOf(error));
          hook.response?.(method.requestDeserialize(request), method.responseDeserialize(answer));
          resolve(answer);
        },
      );
      signal.addEventListener("abort", () => up.cancel());
    });
  };
}

function passAnswers(client: Client, { path }: Method): AnswersHandler<Buffer, Buffer> {
  return async (request, answers) => {
    const up = client.makeServerStreamRequest(path, asItIs, asItIs, request, metadataIn(answers.headers));
    answers.signal.addEventListener("abort", () => up.cancel());
    try {
      for await (const bytes of up) if (!answers.write(bytes)) await answers.drained();
    } catch (error) {
      throw refusalOf(error);
    }
  };
}

function passDuplex(client: Client, { path }: Method): StreamHandler<Buffer, Buffer> {
  return stream => {
    const up = client.makeBidiStreamRequest(path, asItIs, asItIs, metadataIn(stream.headers));
    stream.receive({ request: bytes => void up.write(bytes), end: () => void up.end() });
    stream.signal.addEventListener("abort", () => up.cancel());
    up.on("data", bytes => stream.write(bytes));
    up.on("end", () => stream.end());
    up.on("error", error => stream.fail(refusalOf(error)));
  };
}

/** Returns the metadata of a call without the headers that gRPC sets for each connection. */
function metadataIn(headers: IncomingHttpHeaders): Metadata {
  const metadata = Metadata.fromHttp2Headers(headers);
  for (const name of CONNECTION_HEADERS) metadata.remove(name);
  return metadata;
}

const CONNECTION_HEADERS = [
  ...["grpc-timeout", "grpc-encoding", "grpc-accept-encoding"],
  ...["accept-encoding", "te", "content-type"],
];

function refusalOf(error: unknown): unknown {
  const { code, details } = (error ?? {}) as Partial<ServiceError>;
  return code === undefined ? error : new RpcError(code, details ?? "");
}
