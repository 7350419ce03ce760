import { once } from "node:events";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { status } from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import { callFaultOf } from "../faults/call-faults.ts";
import { Call, peerOf } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import type { Method } from "./methods.ts";
import { methodOf } from "./methods.ts";

/** Memory of one connection. Node's default of 10 MB refuses calls during a burst of large commits. */
const MAX_SESSION_MEGABYTES = 10_000;
/**
 * HTTP/2 flow-control windows: the unread bytes of one request, and of all requests of a connection. With the
 * default of 64 KiB a large request would stall on window updates again and again.
 */
const REQUEST_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
/** Largest header block. Trailers hold the text of a refusal, which may quote a long name. */
const MAX_HEADER_BYTES = 1024 * 1024;

export interface ServedService {
  definition: ServiceDefinition;
  handlers: Handlers;
}

export interface ServeOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Called with the client's address and port when a connection has closed. */
  onDisconnect?: (peer: string) => void;
}

/**
 * Starts a gRPC server on 127.0.0.1. Methods without a handler answer UNIMPLEMENTED. The server uses Node's HTTP/2
 * directly: in grpc-js, layers for unused features take half the cost of a small call.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
 */
export async function serve(
  services: readonly ServedService[],
  { port = 0, onDisconnect }: ServeOptions = {},
): Promise<{ host: string; close(): void }> {
  const methods = methodsOf(services);
  const server = createServer({
    settings: { initialWindowSize: REQUEST_WINDOW_BYTES },
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    maxSendHeaderBlockLength: MAX_HEADER_BYTES,
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", session => {
    const peer = peerOf(session);
    sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    // A broken connection also emits "close".
    session.on("error", () => undefined);
    session.once("close", () => {
      sessions.delete(session);
      onDisconnect?.(peer);
    });
  });
  server.on("stream", (stream, headers) => receive(methods, stream, headers));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

function methodsOf(services: readonly ServedService[]): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (const { definition, handlers } of services) {
    for (const [name, method] of Object.entries(definition)) {
      const handler = handlers[name] ?? handlers[method.originalName ?? name];
      if (handler) methods.set(method.path, methodOf(method, handler));
    }
  }
  return methods;
}

function receive(
  methods: ReadonlyMap<string, Method>,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const call = new Call(stream, headers);
  if (call.isOver) return;
  const path = String(headers[":path"]);
  const method = methods.get(path);
  if (!headers["content-type"]?.startsWith("application/grpc")) call.refuseMedia();
  else if (method) carryOut(method, { stream, call, path });
  else
    call.finish({
      code: status.UNIMPLEMENTED,
      details: `The server does not implement the method ${path}`,
    });
}

/** Runs the method with the faults that are injected into this call. */
function carryOut(
  method: Method,
  { stream, call, path }: { stream: ServerHttp2Stream; call: Call; path: string },
): void {
  const { waitMs, refusal, lostAnswer } = callFaultOf(path, { unary: method.isUnary });
  if (lostAnswer) call.loseAnswer(lostAnswer);
  const begin = (): void => {
    if (refusal) call.finish(refusal);
    else if (!call.isOver) method.carryOut(stream, call);
  };
  if (waitMs) setTimeout(begin, waitMs);
  else begin();
}
