import { once } from "node:events";
import type {
  ClientHttp2Session,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2";
import { connect, constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { BEHAVIOUR } from "./external-system.ts";

/** The point at which a message is stopped: its n-th call, before or after the call is carried out. */
export interface Stop {
  /** The number of the call, the first is 1. */
  call: number;
  side: "before" | "after";
}

/** One message in the process, observed through the calls of the process. */
export interface Followed {
  /** The methods called so far. */
  readonly calls: readonly string[];
  /** Resolves when the message has reached its stop. */
  readonly stopped: Promise<void>;
  /** Continues the stopped call: the call goes out, or gets its answer. */
  resume(): void;
  /** Ends the observation: later calls do not belong to this message. */
  leave(): void;
}

/**
 * A proxy between one process and the services.
 * All calls of the process to Firestore, Pub/Sub, Cloud Tasks and the external system pass through its own wire.
 * Calls are attributed by time: only one message is followed at a time, and earlier messages stand at their stops.
 */
export interface Wire {
  host: string;
  follow(stop?: Stop): Followed;
  /** Returns the number of calls while no message was followed. Each is a client's repeat of a stopped call. */
  strayCalls(): number;
  close(): void;
}

/**
 * Calls at which no message is stopped. BEHAVIOUR belongs to this program and not to the protocol under test.
 * No caller waits for a rollback, which Firestore's client sends as a courtesy; the locks end with the connection anyway.
 */
const UNCOUNTED_CALLS = new Set([BEHAVIOUR, "/google.firestore.v1.Firestore/Rollback"]);

/** host:port by the first characters of a gRPC path. */
export type Upstreams = Readonly<Record<string, string>>;

interface Answer {
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders | undefined;
  body: Buffer;
}

/** Opens a wire to the given services. */
export async function openWire(upstreams: Upstreams): Promise<Wire> {
  let strayCalls = 0;
  let current: Message | undefined;
  const admit = async (method: string): Promise<Gate | undefined> => {
    if (!current) strayCalls += 1;
    return current?.pass(method);
  };
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", session => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    forwardSession(session, { upstreams, admit });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    follow: stop => {
      const followed = followMessage(stop, () => {
        if (current === followed) current = undefined;
      });
      current = followed;
      return followed;
    },
    strayCalls: () => strayCalls,
    close: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** Forwards the calls of one connection of the process, each when `admit` lets the call pass. */
function forwardSession(
  session: ServerHttp2Session,
  { upstreams, admit }: { upstreams: Upstreams; admit(method: string): Promise<Gate | undefined> },
): void {
  const upstream = openUpstream(upstreams);
  // Firestore frees the locks of a killed client's transaction soon after its connection closes.
  session.on("close", upstream.close);
  session.on("error", () => session.destroy());
  session.on("stream", async (stream, headers) => {
    stream.on("error", () => undefined); // the process was killed
    const path = String(headers[":path"]);
    const gate = UNCOUNTED_CALLS.has(path) ? undefined : await admit(path.slice(path.lastIndexOf("/") + 1));
    if (stream.destroyed) return;
    try {
      const answer = await upstream.call(stream, headers);
      await gate?.carriedOut();
      writeAnswer(stream, answer);
    } catch {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  });
}

/** The stop behind a call: resolves when the answer may return to the process. */
interface Gate {
  carriedOut(): Promise<void>;
}

interface Message extends Followed {
  pass(method: string): Promise<Gate>;
}

function followMessage(stop: Stop | undefined, leave: () => void): Message {
  const calls: string[] = [];
  const { promise: stopped, resolve: standStill } = Promise.withResolvers<void>();
  const { promise: released, resolve: resume } = Promise.withResolvers<void>();
  const wait = (): Promise<void> => {
    leave();
    standStill();
    return released;
  };
  return {
    calls,
    stopped,
    resume,
    leave,
    async pass(method: string): Promise<Gate> {
      const isHere = calls.push(method) === stop?.call;
      if (isHere && stop?.side === "before") await wait();
      return { carriedOut: async () => (isHere && stop?.side === "after" ? wait() : undefined) };
    },
  };
}

/** Opens one connection to each service, for one connection of the process. */
function openUpstream(upstreams: Upstreams) {
  const sessions = new Map<string, ClientHttp2Session>();
  const sessionFor = (path: string): ClientHttp2Session => {
    const [, host] = Object.entries(upstreams).find(([prefix]) => path.startsWith(prefix)) ?? [];
    if (host === undefined) {
      const known = Object.keys(upstreams).join(", ");
      throw new Error(`Service unknown: expected a path that begins with one of ${known}, got ${path}`);
    }
    const open = sessions.get(host);
    if (open && !open.destroyed) return open;
    const opened = connect(`http://${host}`);
    opened.on("error", () => undefined); // each of its calls fails with this error
    sessions.set(host, opened);
    return opened;
  };
  return {
    async call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Answer> {
      const request = sessionFor(String(headers[":path"])).request(forwardedHeaders(headers));
      stream.once("close", () => request.close(constants.NGHTTP2_CANCEL));
      stream.pipe(request);
      let trailers: IncomingHttpHeaders | undefined;
      request.once("trailers", received => {
        trailers = received;
      });
      const [answered] = await once(request, "response");
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      return { headers: answered, trailers, body: Buffer.concat(chunks) };
    },
    close: () => {
      for (const session of sessions.values()) session.destroy();
    },
  };
}

/** Writes an answer as one piece: answers are short and finite here. */
function writeAnswer(stream: ServerHttp2Stream, { headers, trailers, body }: Answer): void {
  if (stream.destroyed) return;
  // A gRPC error consists of headers alone, and its headers must end the stream.
  const isBare = !trailers && body.length === 0;
  if (isBare) stream.respond(forwardedHeaders(headers), { endStream: true });
  if (isBare) return;
  stream.respond(forwardedHeaders(headers), { waitForTrailers: trailers !== undefined });
  stream.once("wantTrailers", () => stream.sendTrailers(forwardedHeaders(trailers ?? {})));
  stream.end(body);
}

/** Removes the header that Node adds by default. */
function forwardedHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { [constants.HTTP2_HEADER_DATE]: _date, ...rest } = headers;
  return rest;
}
