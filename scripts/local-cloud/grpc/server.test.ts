import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { gzipSync } from "node:zlib";
import type { ClientOptions } from "@grpc/grpc-js";
import { Client, credentials, status } from "@grpc/grpc-js";
import { afterEach, expect, test } from "@jest/globals";
import { invalidArgument } from "../rpc-error.ts";
import { frameOf } from "./frames.ts";
import type { Handlers } from "./handlers.ts";
import { serve } from "./server.ts";
import { loadService } from "./services.ts";

const definition = { ...loadService("publisher"), ...loadService("subscriber"), ...loadService("firestore") };
const GET = "/google.pubsub.v1.Publisher/GetTopic";
const STREAM = "/google.pubsub.v1.Subscriber/StreamingPull";
const QUERY = "/google.firestore.v1.Firestore/RunQuery";

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** A server with these handlers, the official client, and a connection to say what that never would. */
async function served(
  handlers: Handlers,
  { onDisconnect, ...options }: ClientOptions & { onDisconnect?: (peer: string) => void } = {},
) {
  const server = await serve([{ definition, handlers }], { ...(onDisconnect && { onDisconnect }) });
  const client = new Client(server.host, credentials.createInsecure(), options);
  const session = connect(`http://${server.host}`);
  session.on("error", () => undefined);
  closing.push(
    server.close,
    () => client.close(),
    () => session.destroy(),
  );
  return {
    host: server.host,
    client,
    session,
    get: (topic: string) =>
      new Promise<object>((resolve, reject) => {
        client.makeUnaryRequest(GET, serialize, deserialize, { topic }, (error, answer) =>
          answer ? resolve(answer) : reject(error),
        );
      }),
  };
}

const { requestSerialize: serialize, responseDeserialize: deserialize } = definition[
  "GetTopic"
] as NonNullable<(typeof definition)[string]>;

/** Says this on a connection, and tells the status that it was answered and how many bytes came before. */
async function say(session: ClientHttp2Session, bytes: Buffer, headers: Record<string, string> = {}) {
  const request = session.request({
    ":method": "POST",
    ":path": GET,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let length = 0;
  let told: Record<string, unknown> = {};
  const look = (some: Record<string, unknown>) => {
    told = { ...told, ...some };
  };
  request.on("response", look);
  request.on("trailers", look);
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  request.end(bytes);
  await once(request, "close");
  return { http: told[":status"], code: Number(told["grpc-status"]), length };
}

test("answers what a handler answers, at once or later", async () => {
  const { get } = await served({ GetTopic: ({ topic }: { topic: string }) => ({ name: topic }) });
  const later = await served({ GetTopic: async ({ topic }: { topic: string }) => ({ name: topic }) });
  expect(await get("one")).toMatchObject({ name: "one" });
  expect(await later.get("two")).toMatchObject({ name: "two" });
});

test("a refusal arrives with its code and its words, whatever letters they have", async () => {
  const { get } = await served({
    GetTopic: ({ topic }: { topic: string }) => {
      throw invalidArgument(`${topic} 100% é\n\uD800`);
    },
  });
  await expect(get("t")).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: "t 100% é\n\uFFFD",
  });
});

test("understands compressed requests", async () => {
  const gzip = await served(
    { GetTopic: ({ topic }: { topic: string }) => ({ name: topic }) },
    { "grpc.default_compression_algorithm": 2 },
  );
  const name = "t".repeat(10_000);
  expect(await gzip.get(name)).toMatchObject({ name });
});

function bomb(): Buffer {
  const frame = frameOf(gzipSync(Buffer.alloc(65 * 1024 * 1024)));
  frame[0] = 1;
  return frame;
}

test.each([
  ["nothing", Buffer.alloc(0), {}, status.UNIMPLEMENTED],
  ["half a request", frameOf(Buffer.from("more")).subarray(0, 7), {}, status.INTERNAL],
  [
    "two requests",
    Buffer.concat([frameOf(Buffer.alloc(0)), frameOf(Buffer.alloc(0))]),
    {},
    status.UNIMPLEMENTED,
  ],
  ["no message", frameOf(Buffer.from([7, 7, 7])), {}, status.INTERNAL],
  ["a request of 256 MiB", Buffer.from([0, 16, 0, 0, 0]), {}, status.RESOURCE_EXHAUSTED],
  ["an unknown compression", Buffer.from([1, 0, 0, 0, 0]), { "grpc-encoding": "br" }, status.UNIMPLEMENTED],
  ["what is not compressed", Buffer.from([1, 0, 0, 0, 1, 7]), { "grpc-encoding": "gzip" }, status.INTERNAL],
  [
    "64 KiB that unpack to more than a request may be",
    bomb(),
    { "grpc-encoding": "gzip" },
    status.RESOURCE_EXHAUSTED,
  ],
  ["a deadline without a unit", frameOf(Buffer.alloc(0)), { "grpc-timeout": "10" }, status.INTERNAL],
  ["an unknown method", frameOf(Buffer.alloc(0)), { ":path": "/no/such" }, status.UNIMPLEMENTED],
])("refuses %s, and goes on", async (_, bytes, headers, code) => {
  let calls = 0;
  const { session, get } = await served({ GetTopic: () => ({ name: `${++calls}` }) });
  expect(await say(session, bytes, headers)).toMatchObject({ code, length: 0 });
  expect(calls).toBe(0);
  expect(await get("t")).toMatchObject({ name: "1" });
});

test("refuses what is not gRPC as HTTP does", async () => {
  const { session } = await served({ GetTopic: () => ({}) });
  const json = { "content-type": "application/json" };
  expect(await say(session, Buffer.alloc(0), json)).toMatchObject({ http: 415 });
  // One answer, where two things are wrong.
  const both = await say(session, Buffer.alloc(0), { ...json, "grpc-timeout": "soon" });
  expect(both).toMatchObject({ http: 200, code: status.INTERNAL });
});

test("a request that arrives in pieces is one request", async () => {
  const { get } = await served({ GetTopic: ({ topic }: { topic: string }) => ({ name: `${topic.length}` }) });
  expect(await get("x".repeat(300_000))).toMatchObject({ name: "300000" });
});

test("tells whoever waits too long that the deadline is over, and whoever works for them", async () => {
  let told: Promise<unknown> | undefined;
  const { session } = await served({
    GetTopic: (_: object, { signal }: { signal: AbortSignal }) => {
      told = once(signal, "abort");
      return new Promise(() => undefined);
    },
  });
  const answered = await say(session, frameOf(Buffer.alloc(0)), { "grpc-timeout": "20m" });
  expect(answered).toMatchObject({ code: status.DEADLINE_EXCEEDED, length: 0 });
  await told;
});

test("a deadline of years is not over at once", async () => {
  const { session } = await served({
    GetTopic: async () => new Promise(resolve => setImmediate(resolve, {})),
  });
  const headers = { "grpc-timeout": "99999999H" };
  expect(await say(session, frameOf(Buffer.alloc(0)), headers)).toMatchObject({ code: status.OK });
});

test("what breaks off in the middle of a connection harms nobody else", async () => {
  const { host, get } = await served({ GetTopic: ({ topic }: { topic: string }) => ({ name: topic }) });
  for (const words of [
    "GET / HTTP/1.1\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand what is no frame at all",
  ]) {
    const socket = connectSocket(Number(host.split(":")[1]), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.end(words);
    socket.resume();
    await once(socket, "close");
  }
  expect(await get("t")).toMatchObject({ name: "t" });
});

test("a client that goes away is noticed by whoever works for it, and harms nobody else", async () => {
  const heard: string[] = [];
  const until = async (count: number) => {
    while (heard.length < count) await new Promise(setImmediate);
  };
  const { session, get } = await served(
    {
      GetTopic: async (
        { topic }: { topic: string },
        { signal, peer }: { signal: AbortSignal; peer: string },
      ) => {
        if (topic) return { name: topic };
        heard.push(peer);
        await once(signal, "abort");
        heard.push(`nobody waits at ${peer}`);
        return {};
      },
    },
    { onDisconnect: peer => heard.push(`${peer} has gone`) },
  );
  const request = session.request({ ":method": "POST", ":path": GET, "content-type": "application/grpc" });
  request.on("error", () => undefined);
  request.end(frameOf(Buffer.alloc(0)));
  await until(1);
  const peer = `127.0.0.1:${session.socket.localPort}`;
  session.destroy();
  await until(3);
  expect(heard.sort()).toEqual([peer, `${peer} has gone`, `nobody waits at ${peer}`]);
  expect(await get("second")).toMatchObject({ name: "second" });
});

test("does not run ahead of a reader who takes nothing, and loses nothing", async () => {
  const ANSWERS = 500;
  let written = 0;
  const { client } = await served({
    runQuery: async (_: object, answers: { write(answer: object): boolean; drained(): Promise<void> }) => {
      for (; written < ANSWERS; written += 1) {
        if (!answers.write({ transaction: Buffer.alloc(10_000, written) })) await answers.drained();
      }
    },
  });
  const asItIs = (bytes: Buffer) => bytes;
  const reading = client.makeServerStreamRequest(QUERY, asItIs, asItIs, Buffer.alloc(0));
  await once(reading, "readable");
  const before = written;
  expect(before).toBeLessThan(ANSWERS / 2);
  const sizes = (await reading.toArray()).map(({ length }: Buffer) => length);
  expect(sizes).toHaveLength(ANSWERS);
  expect(new Set(sizes).size).toBe(1);
});

test("a stream answers while it is asked, and what it said before it failed arrives first", async () => {
  const { client } = await served({
    StreamingPull: (stream: {
      receive(listener: { request(request: { subscription: string }): void; end(): void }): void;
      write(answer: object): boolean;
      fail(error: unknown): void;
    }) =>
      stream.receive({
        request: ({ subscription }) => stream.write({ receivedMessages: [{ ackId: subscription }] }),
        end: () => stream.fail(invalidArgument("enough")),
      }),
  });
  const { requestSerialize, responseDeserialize } = definition["StreamingPull"] as NonNullable<
    (typeof definition)[string]
  >;
  const call = client.makeBidiStreamRequest(STREAM, requestSerialize, responseDeserialize);
  const heard: unknown[] = [];
  call.on("data", ({ receivedMessages }) => {
    heard.push(receivedMessages[0].ackId);
    if (heard.length === 1) call.write({ subscription: "two" });
    else call.end();
  });
  call.write({ subscription: "one" });
  const [error] = await once(call, "error");
  expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: "enough" });
  expect(heard).toEqual(["one", "two"]);
});

test.each([
  ["in one piece", (bytes: Buffer) => [bytes]],
  [
    "in pieces of three bytes",
    (bytes: Buffer) =>
      Array.from({ length: bytes.length / 3 + 1 }, (_, n) => bytes.subarray(3 * n, 3 * n + 3)),
  ],
])("several requests that arrive %s are each heard once, in their order", async (_, cut) => {
  const heard: unknown[] = [];
  const { session } = await served({
    StreamingPull: (stream: TestStream) =>
      stream.receive({ request: ({ subscription }) => void heard.push(subscription), end: stream.end }),
  });
  const all = Buffer.concat(["one", "number two", "3"].map(subscription => frameOf(pull({ subscription }))));
  for (const bytes of await sayOnStream(session, cut(all)))
    expect(bytes).toMatchObject({ "grpc-status": "0" });
  expect(heard).toEqual(["one", "number two", "3"]);
});

test.each([
  ["what is no request", Buffer.from([0, 0, 0, 0, 3, 7, 7, 7])],
  ["half a request", Buffer.from([0, 0, 0, 0, 9, 1])],
  ["a request of 256 MiB", Buffer.from([0, 16, 0, 0, 0])],
])(
  "whoever works for a stream hears that it ended with %s, and nothing of what comes behind",
  async (_, bad) => {
    const heard: unknown[] = [];
    const { session } = await served({
      StreamingPull: (stream: TestStream) => {
        stream.signal.addEventListener("abort", () => heard.push("over"));
        stream.receive({
          request: ({ subscription }) => void heard.push(subscription),
          end: () => heard.push("end"),
        });
      },
    });
    const behind = frameOf(pull({ subscription: "behind" }));
    const said = bad.length === 6 ? [bad] : [Buffer.concat([bad, behind])];
    await sayOnStream(session, [frameOf(pull({ subscription: "first" })), ...said]);
    expect(heard).toEqual(["first", "over"]);
  },
);

interface TestStream {
  signal: AbortSignal;
  receive(listener: { request(request: { subscription: string }): void; end(): void }): void;
  end(): void;
}

function pull(request: { subscription: string }): Buffer {
  return (definition["StreamingPull"] as NonNullable<(typeof definition)[string]>).requestSerialize(request);
}

/** Writes these and no more, and tells what the call was told at its end. */
async function sayOnStream(session: ClientHttp2Session, pieces: readonly Buffer[]) {
  const request = session.request({ ":method": "POST", ":path": STREAM, "content-type": "application/grpc" });
  const told: Record<string, unknown>[] = [];
  for (const name of ["response", "trailers"]) request.on(name, headers => told.push(headers));
  for (const piece of pieces) request.write(piece);
  request.end().resume();
  await once(request, "close");
  return told;
}
