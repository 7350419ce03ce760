import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { invalidArgument } from "../rpc-error.ts";
import { QUERY, STREAM, sendRawStream, serveHandlers, streamingPull } from "../test/grpc-server.ts";
import { frameOf } from "./frames.ts";

interface TestStream {
  signal: AbortSignal;
  receive(listener: { request(request: { subscription: string }): void; end(): void }): void;
  write(answer: object): boolean;
  end(): void;
  fail(error: unknown): void;
}

const pull = (subscription: string): Buffer => frameOf(streamingPull.requestSerialize({ subscription }));

describe("responses", () => {
  test("waits for a slow reader and loses no response", async () => {
    const ANSWERS = 500;
    let written = 0;
    const { client } = await serveHandlers({
      runQuery: async (_: object, answers: { write(answer: object): boolean; drained(): Promise<void> }) => {
        for (; written < ANSWERS; written += 1) {
          if (!answers.write({ transaction: Buffer.alloc(10_000, written) })) await answers.drained();
        }
      },
    });
    const unchanged = (bytes: Buffer) => bytes;
    const reading = client.makeServerStreamRequest(QUERY, unchanged, unchanged, Buffer.alloc(0));
    await once(reading, "readable");
    const before = written;
    expect(before).toBeLessThan(ANSWERS / 2);
    const sizes = (await reading.toArray()).map(({ length }: Buffer) => length);
    expect(sizes).toHaveLength(ANSWERS);
    expect(new Set(sizes).size).toBe(1);
  });

  test("answers while requests arrive, and delivers responses before a failure", async () => {
    const { client } = await serveHandlers({
      StreamingPull: (stream: TestStream) =>
        stream.receive({
          request: ({ subscription }) => stream.write({ receivedMessages: [{ ackId: subscription }] }),
          end: () => stream.fail(invalidArgument("enough")),
        }),
    });
    const { requestSerialize, responseDeserialize } = streamingPull;
    const call = client.makeBidiStreamRequest(STREAM, requestSerialize, responseDeserialize);
    const received: unknown[] = [];
    call.on("data", ({ receivedMessages }) => {
      received.push(receivedMessages[0].ackId);
      if (received.length === 1) call.write({ subscription: "two" });
      else call.end();
    });
    call.write({ subscription: "one" });
    const [error] = await once(call, "error");
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: "enough" });
    expect(received).toEqual(["one", "two"]);
  });
});

describe("requests", () => {
  test.each([
    ["in one piece", (bytes: Buffer) => [bytes]],
    [
      "in pieces of three bytes",
      (bytes: Buffer) =>
        Array.from({ length: bytes.length / 3 + 1 }, (_, n) => bytes.subarray(3 * n, 3 * n + 3)),
    ],
  ])("passes on several requests %s once each, in order", async (_, cut) => {
    const received: unknown[] = [];
    const { session } = await serveHandlers({
      StreamingPull: (stream: TestStream) =>
        stream.receive({ request: ({ subscription }) => void received.push(subscription), end: stream.end }),
    });
    const all = Buffer.concat(["one", "number two", "3"].map(pull));
    for (const headers of await sendRawStream(session, cut(all))) {
      expect(headers).toMatchObject({ "grpc-status": "0" });
    }
    expect(received).toEqual(["one", "number two", "3"]);
  });

  test.each([
    ["an unreadable request", Buffer.from([0, 0, 0, 0, 3, 7, 7, 7])],
    ["half a request", Buffer.from([0, 0, 0, 0, 9, 1])],
    ["a request of 256 MiB", Buffer.from([0, 16, 0, 0, 0])],
  ])("aborts a stream with %s, and passes on no later request", async (_, bad) => {
    const events: unknown[] = [];
    const { session } = await serveHandlers({
      StreamingPull: (stream: TestStream) => {
        stream.signal.addEventListener("abort", () => events.push("aborted"));
        stream.receive({
          request: ({ subscription }) => void events.push(subscription),
          end: () => events.push("end"),
        });
      },
    });
    const sent = bad.length === 6 ? [bad] : [Buffer.concat([bad, pull("later")])];
    await sendRawStream(session, [pull("first"), ...sent]);
    expect(events).toEqual(["first", "aborted"]);
  });
});
