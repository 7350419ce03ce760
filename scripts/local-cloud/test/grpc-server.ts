import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:http2";
import type { ClientOptions, MethodDefinition } from "@grpc/grpc-js";
import { Client, credentials } from "@grpc/grpc-js";
import { afterEach } from "@jest/globals";
import type { Handlers } from "../grpc/handlers.ts";
import { serve } from "../grpc/server.ts";
import { loadService } from "../grpc/services.ts";

const definition = { ...loadService("publisher"), ...loadService("subscriber"), ...loadService("firestore") };

/** A unary method, and methods with a stream of requests and of responses. */
export const GET = "/google.pubsub.v1.Publisher/GetTopic";
export const STREAM = "/google.pubsub.v1.Subscriber/StreamingPull";
export const QUERY = "/google.firestore.v1.Firestore/RunQuery";

export const getTopic = definition["GetTopic"] as MethodDefinition<object, object>;
export const streamingPull = definition["StreamingPull"] as MethodDefinition<object, object>;

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** Starts a server with these handlers, the official client, and a raw connection for requests that no client sends. */
export async function serveHandlers(
  handlers: Handlers,
  { onDisconnect, ...options }: ClientOptions & { onDisconnect?: (peer: string) => void } = {},
) {
  const server = await serve([{ definition, handlers }], { onDisconnect });
  const client = new Client(server.host, credentials.createInsecure(), options);
  const session = connect(`http://${server.host}`);
  session.on("error", () => undefined);
  closing.push(
    server.close,
    () => client.close(),
    () => session.destroy(),
  );
  const { requestSerialize, responseDeserialize } = getTopic;
  return {
    host: server.host,
    client,
    session,
    /** Makes a unary call with the official client. */
    get: (topic: string) =>
      new Promise<object>((resolve, reject) => {
        client.makeUnaryRequest(GET, requestSerialize, responseDeserialize, { topic }, (error, answer) =>
          answer ? resolve(answer) : reject(error),
        );
      }),
  };
}

/** Sends bytes as a unary request; returns both statuses and the number of bytes in the response's messages. */
export async function sendRaw(
  session: ClientHttp2Session,
  bytes: Buffer,
  headers: Record<string, string> = {},
) {
  const request = session.request({
    ":method": "POST",
    ":path": GET,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let length = 0;
  let received: Record<string, unknown> = {};
  const add = (some: Record<string, unknown>) => {
    received = { ...received, ...some };
  };
  request.on("response", add);
  request.on("trailers", add);
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  request.end(bytes);
  await once(request, "close");
  return { http: received[":status"], code: Number(received["grpc-status"]), length };
}

/** Sends pieces as the requests of a stream; returns the headers and trailers of the response. */
export async function sendRawStream(session: ClientHttp2Session, pieces: readonly Buffer[]) {
  const request = session.request({ ":method": "POST", ":path": STREAM, "content-type": "application/grpc" });
  const received: Record<string, unknown>[] = [];
  for (const name of ["response", "trailers"]) request.on(name, headers => received.push(headers));
  for (const piece of pieces) request.write(piece);
  request.end().resume();
  await once(request, "close");
  return received;
}
