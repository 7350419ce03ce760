import type {
  ClientReadableStream,
  MethodDefinition,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Client, credentials } from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import { loadService, serve } from "../local/grpc.ts";

type Method = MethodDefinition<object, object>;

/** What is changed on the way in, or noted on the way back. */
export interface Hook {
  request?(message: object): object;
  response?(request: object, response: object): void;
}

/**
 * A server in front of another one: every call passes through, and can meet the faults that were asked for.
 * Hooks are for unary methods, by their names.
 */
export async function startRelay(
  upstream: string,
  names: readonly Parameters<typeof loadService>[0][],
  hooks: Readonly<Record<string, Hook>> = {},
): Promise<{ host: string; close(): void }> {
  const client = new Client(upstream, credentials.createInsecure());
  const services = names.map(name => {
    const definition = loadService(name);
    const handlers: UntypedServiceImplementation = {};
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

/** Messages stay bytes: what we do not understand is not lost on the way. */
function rawDefinition(definition: ServiceDefinition): ServiceDefinition {
  const raw = { requestDeserialize: asItIs, responseSerialize: asItIs };
  const entries = Object.entries(definition).map(([key, method]) => [key, { ...method, ...raw }]);
  return Object.fromEntries(entries);
}

function passerFor(client: Client, method: Method, hook: Hook) {
  if (method.requestStream) return passDuplex(client, method);
  return method.responseStream ? passAnswers(client, method) : passUnary(client, method, hook);
}

function passUnary(client: Client, method: Method, hook: Hook) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const sent = hook.request
      ? method.requestSerialize(hook.request(method.requestDeserialize(call.request)))
      : call.request;
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      if (!error && answer && hook.response) {
        hook.response(method.requestDeserialize(call.request), method.responseDeserialize(answer));
      }
      callback(error, answer);
    };
    const up = client.makeUnaryRequest(method.path, asItIs, asItIs, sent, call.metadata, done);
    call.on("cancelled", () => up.cancel());
  };
}

function passAnswers(client: Client, method: Method) {
  return (call: ServerWritableStream<Buffer, Buffer>): void => {
    const { path } = method;
    passBack(client.makeServerStreamRequest(path, asItIs, asItIs, call.request, call.metadata), call);
  };
}

function passDuplex(client: Client, method: Method) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const up = client.makeBidiStreamRequest(method.path, asItIs, asItIs, call.metadata);
    call.on("data", bytes => up.write(bytes));
    call.on("end", () => up.end());
    passBack(up, call);
  };
}

function passBack(
  up: ClientReadableStream<Buffer>,
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
): void {
  call.on("cancelled", () => up.cancel());
  up.on("data", bytes => call.write(bytes));
  up.on("end", () => call.end());
  up.on("error", error => call.emit("error", error));
}
