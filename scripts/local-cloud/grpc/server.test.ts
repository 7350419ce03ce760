import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { invalidArgument } from "../rpc-error.ts";
import { GET, sendRaw, serveHandlers } from "../test/grpc-server.ts";
import { frameOf } from "./frames.ts";

const echo = { GetTopic: ({ topic }: { topic: string }) => ({ name: topic }) };
const EMPTY_REQUEST = frameOf(Buffer.alloc(0));

describe("answers", () => {
  test("sends a handler's response, synchronous or later", async () => {
    const { get } = await serveHandlers(echo);
    const later = await serveHandlers({
      GetTopic: async ({ topic }: { topic: string }) => ({ name: topic }),
    });
    expect(await get("one")).toMatchObject({ name: "one" });
    expect(await later.get("two")).toMatchObject({ name: "two" });
  });

  test("sends a refusal's code and text, whatever characters it has", async () => {
    const { get } = await serveHandlers({
      GetTopic: ({ topic }: { topic: string }) => {
        throw invalidArgument(`${topic} 100% é\n\uD800`);
      },
    });
    await expect(get("t")).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "t 100% é\n\uFFFD",
    });
  });
});

describe("requests", () => {
  test("reads compressed requests", async () => {
    const gzip = await serveHandlers(echo, { "grpc.default_compression_algorithm": 2 });
    const name = "t".repeat(10_000);
    expect(await gzip.get(name)).toMatchObject({ name });
  });

  test("joins a request that arrives in pieces", async () => {
    const { get } = await serveHandlers({
      GetTopic: ({ topic }: { topic: string }) => ({ name: `${topic.length}` }),
    });
    expect(await get("x".repeat(300_000))).toMatchObject({ name: "300000" });
  });

  function bomb(): Buffer {
    const frame = frameOf(gzipSync(Buffer.alloc(65 * 1024 * 1024)));
    frame[0] = 1;
    return frame;
  }

  test.each([
    ["no bytes", Buffer.alloc(0), {}, status.UNIMPLEMENTED],
    ["half a request", frameOf(Buffer.from("more")).subarray(0, 7), {}, status.INTERNAL],
    ["two requests", Buffer.concat([EMPTY_REQUEST, EMPTY_REQUEST]), {}, status.UNIMPLEMENTED],
    ["an unreadable message", frameOf(Buffer.from([7, 7, 7])), {}, status.INTERNAL],
    ["a request of 256 MiB", Buffer.from([0, 16, 0, 0, 0]), {}, status.RESOURCE_EXHAUSTED],
    ["an unknown compression", Buffer.from([1, 0, 0, 0, 0]), { "grpc-encoding": "br" }, status.UNIMPLEMENTED],
    [
      "bytes that are not gzip",
      Buffer.from([1, 0, 0, 0, 1, 7]),
      { "grpc-encoding": "gzip" },
      status.INTERNAL,
    ],
    [
      "64 KiB that unpack to more than a request may be",
      bomb(),
      { "grpc-encoding": "gzip" },
      status.RESOURCE_EXHAUSTED,
    ],
    ["a deadline without a unit", EMPTY_REQUEST, { "grpc-timeout": "10" }, status.INTERNAL],
    ["an unknown method", EMPTY_REQUEST, { ":path": "/no/such" }, status.UNIMPLEMENTED],
  ])("refuses %s and serves the next call", async (_, bytes, headers, code) => {
    let calls = 0;
    const { session, get } = await serveHandlers({ GetTopic: () => ({ name: `${++calls}` }) });
    expect(await sendRaw(session, bytes, headers)).toMatchObject({ code, length: 0 });
    expect(calls).toBe(0);
    expect(await get("t")).toMatchObject({ name: "1" });
  });

  test("answers 415 to a request that is not gRPC", async () => {
    const { session } = await serveHandlers({ GetTopic: () => ({}) });
    const json = { "content-type": "application/json" };
    expect(await sendRaw(session, Buffer.alloc(0), json)).toMatchObject({ http: 415 });
    // Two faults get one answer.
    const both = await sendRaw(session, Buffer.alloc(0), { ...json, "grpc-timeout": "soon" });
    expect(both).toMatchObject({ http: 200, code: status.INTERNAL });
  });
});

describe("deadlines", () => {
  test("ends a late call and aborts its handler's signal", async () => {
    let aborted: Promise<unknown> | undefined;
    const { session } = await serveHandlers({
      GetTopic: (_: object, { signal }: { signal: AbortSignal }) => {
        aborted = once(signal, "abort");
        return new Promise(() => undefined);
      },
    });
    const answered = await sendRaw(session, EMPTY_REQUEST, { "grpc-timeout": "20m" });
    expect(answered).toMatchObject({ code: status.DEADLINE_EXCEEDED, length: 0 });
    await aborted;
  });

  test("accepts a deadline of years", async () => {
    const { session } = await serveHandlers({
      GetTopic: async () => new Promise(resolve => setImmediate(resolve, {})),
    });
    const headers = { "grpc-timeout": "99999999H" };
    expect(await sendRaw(session, EMPTY_REQUEST, headers)).toMatchObject({ code: status.OK });
  });
});

describe("connections", () => {
  test("serves other clients after a broken connection", async () => {
    const { host, get } = await serveHandlers(echo);
    for (const words of [
      "GET / HTTP/1.1\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand bytes that are no frame at all",
    ]) {
      const socket = connectSocket(Number(host.split(":")[1]), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.end(words);
      socket.resume();
      await once(socket, "close");
    }
    expect(await get("t")).toMatchObject({ name: "t" });
  });

  test("reports a disconnected client, and serves the others", async () => {
    const reports: string[] = [];
    const until = async (count: number) => {
      while (reports.length < count) await new Promise(setImmediate);
    };
    const { session, get } = await serveHandlers(
      {
        GetTopic: async (
          { topic }: { topic: string },
          { signal, peer }: { signal: AbortSignal; peer: string },
        ) => {
          if (topic) return { name: topic };
          reports.push(peer);
          await once(signal, "abort");
          reports.push(`aborted for ${peer}`);
          return {};
        },
      },
      { onDisconnect: peer => reports.push(`${peer} has disconnected`) },
    );
    const request = session.request({ ":method": "POST", ":path": GET, "content-type": "application/grpc" });
    request.on("error", () => undefined);
    request.end(EMPTY_REQUEST);
    await until(1);
    const peer = `127.0.0.1:${session.socket.localPort}`;
    session.destroy();
    await until(3);
    expect(reports.sort()).toEqual([peer, `${peer} has disconnected`, `aborted for ${peer}`]);
    expect(await get("second")).toMatchObject({ name: "second" });
  });
});
