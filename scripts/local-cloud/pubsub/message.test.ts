import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { loadService } from "../grpc/services.ts";
import { checkPublish } from "./message.ts";
import { readPublishRequest } from "./published-message.ts";
import type { WireMessage } from "./wire.ts";

const data = Buffer.from("x");
const withAttributes = (attributes: Record<string, string>): WireMessage[] => [{ data, attributes }];
const many = (count: number, message: WireMessage = { data }) => Array<WireMessage>(count).fill(message);
const attributes = (count: number) => Object.fromEntries(many(count).map((_, place) => [`k${place}`, "v"]));

const { requestSerialize } = loadService("publisher")["Publish"] as {
  requestSerialize(request: object): Buffer;
};

/** Serializes messages as a client does, and parses the request. */
function sent(messages: WireMessage[]) {
  return readPublishRequest(requestSerialize({ topic: "projects/p/topics/t", messages }));
}

test("parses every request that a client sends", () => {
  const arbMessage = fc.record(
    {
      data: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
      attributes: fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })),
      orderingKey: fc.string({ unit: "grapheme" }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(arbMessage, { maxLength: 5 }), messages => {
      const read = sent(messages);
      expect(read.topic).toBe("projects/p/topics/t");
      expect(
        read.messages.map(({ data, attributes, orderingKey }) => ({ data, attributes, orderingKey })),
      ).toEqual(
        messages.map(({ data = Buffer.alloc(0), attributes = {}, orderingKey = "" }) => ({
          data,
          attributes: { ...attributes },
          orderingKey,
        })),
      );
    }),
  );
});

test.each([
  ["an incomplete number", [0x12, 0xff]],
  ["an incomplete field", [0x12, 0x05, 0x0a]],
  ["an unknown wire type", [0x17]],
])("refuses %s", (_, bytes) => {
  expect(() => readPublishRequest(Buffer.from(bytes))).toThrow(RangeError);
});

test.each<[string, WireMessage[]]>([
  ["1000 messages", many(1000)],
  ["attributes without data", [{ attributes: { k: "" } }]],
  ["one ordering key", many(3, { data, orderingKey: "a" })],
  ["100 attributes", withAttributes(attributes(100))],
  ["a key of 256 and a value of 1024 bytes", withAttributes({ ["k".repeat(256)]: "v".repeat(1024) })],
  ["10 MB", [{ data: Buffer.alloc(10_000_000) }]],
])("accepts %s", (_, messages) => {
  expect(() => checkPublish(sent(messages).measured)).not.toThrow();
});

test.each<[string, WireMessage[], string]>([
  ["no message", [], "no messages"],
  ["1001 messages", many(1001), "message_count is too large. You passed 1001"],
  ["an empty message", [{ data }, { orderingKey: "a" }], "is empty"],
  [
    "two ordering keys",
    [
      { data, orderingKey: "a" },
      { data, orderingKey: "b" },
    ],
    "must all have the same ordering key",
  ],
  ["a key beside none", [{ data, orderingKey: "a" }, { data }], "must all have the same ordering key"],
  ["101 attributes", withAttributes(attributes(101)), "101 attributes"],
  ["an empty attribute key", withAttributes({ "": "v" }), "1 to 256 bytes"],
  ["an attribute key of 257 bytes", withAttributes({ [`${"é".repeat(128)}k`]: "v" }), "1 to 256 bytes"],
  ["an attribute of Google's", withAttributes({ googclient: "v" }), "reserved for Google"],
  ["an attribute value of 1025 bytes", withAttributes({ k: "v".repeat(1025) }), "1024 bytes"],
  ["more than 10 MB together", many(2, { data: Buffer.alloc(5_000_001) }), "You passed 10000002"],
])("refuses %s", (_, messages, reason) => {
  expect(() => checkPublish(sent(messages).measured)).toThrow(reason);
});
