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
import { MOOD } from "./outside.ts";

/** Where on its way a message is stopped: its n-th call out, before anybody sees it or after it was carried out. */
export interface Stop {
  /** From 1. */
  call: number;
  side: "before" | "after";
}

/** One message on its way through the process, as far as the process' calls tell. */
export interface Followed {
  /** The methods it has called so far. */
  readonly calls: readonly string[];
  /** Resolves when it stands at its stop. */
  readonly stopped: Promise<void>;
  /** Lets it go on: the call goes out, or gets its answer. */
  goOn(): void;
  /** Nothing that comes from now on is its doing. */
  leave(): void;
}

/**
 * All that one process has of the world: its calls to Firestore, Pub/Sub, Cloud Tasks and the world outside pass
 * through here, and only its. Calls are told apart by time: one message at a time is followed, those before it
 * stand still at their stops.
 */
export interface Wire {
  host: string;
  follow(stop?: Stop): Followed;
  /** How many calls belonged to nobody who is followed: while messages stand still, a client that repeats its call. */
  strays(): number;
  close(): void;
}

/**
 * Calls that nobody waits for: stopping one stops nothing. Firestore's client rolls back in passing, as a courtesy;
 * when it does not come to that, the locks go with its connection.
 */
const NOT_ON_THE_WAY = new Set([MOOD, "/google.firestore.v1.Firestore/Rollback"]);

/** host:port by the beginning of a gRPC path. */
export type Upstreams = Readonly<Record<string, string>>;

interface Answer {
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders | undefined;
  body: Buffer;
}

export async function openWire(upstreams: Upstreams): Promise<Wire> {
  let strays = 0;
  let current: Message | undefined;
  const take = async (method: string): Promise<Gate | undefined> => {
    if (!current) strays += 1;
    return current?.pass(method);
  };
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", session => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    passOn(session, { upstreams, take });
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
    strays: () => strays,
    close: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** Passes on what comes over one connection of the process, as far as whoever takes it lets it through. */
function passOn(
  session: ServerHttp2Session,
  { upstreams, take }: { upstreams: Upstreams; take(method: string): Promise<Gate | undefined> },
): void {
  const upstream = openUpstream(upstreams);
  // A transaction whose client was killed gives its locks back soon after its connection has closed.
  session.on("close", upstream.close);
  session.on("error", () => session.destroy());
  session.on("stream", async (stream, headers) => {
    stream.on("error", () => undefined); // the process was killed
    const path = String(headers[":path"]);
    const gate = NOT_ON_THE_WAY.has(path) ? undefined : await take(path.slice(path.lastIndexOf("/") + 1));
    if (stream.destroyed) return;
    try {
      const answer = await upstream.call(stream, headers);
      await gate?.carriedOut();
      give(stream, answer);
    } catch {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  });
}

/** What a call has to pass on its way back. */
interface Gate {
  carriedOut(): Promise<void>;
}

interface Message extends Followed {
  pass(method: string): Promise<Gate>;
}

function followMessage(stop: Stop | undefined, leave: () => void): Message {
  const calls: string[] = [];
  const { promise: stopped, resolve: standStill } = Promise.withResolvers<void>();
  const { promise: released, resolve: goOn } = Promise.withResolvers<void>();
  const wait = (): Promise<void> => {
    leave();
    standStill();
    return released;
  };
  return {
    calls,
    stopped,
    goOn,
    leave,
    async pass(method: string): Promise<Gate> {
      const isHere = calls.push(method) === stop?.call;
      if (isHere && stop?.side === "before") await wait();
      return { carriedOut: async () => (isHere && stop?.side === "after" ? wait() : undefined) };
    },
  };
}

/** One connection to each service, for the one connection of the process. */
function openUpstream(upstreams: Upstreams) {
  const sessions = new Map<string, ClientHttp2Session>();
  const sessionFor = (path: string): ClientHttp2Session => {
    const [, host] = Object.entries(upstreams).find(([prefix]) => path.startsWith(prefix)) ?? [];
    if (host === undefined) throw new Error(`nobody serves ${path}`);
    const open = sessions.get(host);
    if (open && !open.destroyed) return open;
    const opened = connect(`http://${host}`);
    opened.on("error", () => undefined); // its calls fail, and say so
    sessions.set(host, opened);
    return opened;
  };
  return {
    async call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Answer> {
      const request = sessionFor(String(headers[":path"])).request(passedOn(headers));
      stream.once("close", () => request.close(constants.NGHTTP2_CANCEL));
      stream.pipe(request);
      let trailers: IncomingHttpHeaders | undefined;
      request.once("trailers", came => {
        trailers = came;
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

/** Answers are short and finite here, so each is passed on whole. */
function give(stream: ServerHttp2Stream, { headers, trailers, body }: Answer): void {
  if (stream.destroyed) return;
  // A gRPC error is nothing but headers: were its end to come after them, it would not be one.
  const isBare = !trailers && body.length === 0;
  if (isBare) stream.respond(passedOn(headers), { endStream: true });
  if (isBare) return;
  stream.respond(passedOn(headers), { waitForTrailers: trailers !== undefined });
  stream.once("wantTrailers", () => stream.sendTrailers(passedOn(trailers ?? {})));
  stream.end(body);
}

/** Without what Node adds for its own use. */
function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { [constants.HTTP2_HEADER_DATE]: _date, ...rest } = headers;
  return rest;
}
