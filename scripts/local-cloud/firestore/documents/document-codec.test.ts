import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { loadService } from "../../grpc/services.ts";
import { anyValue } from "../../test/firestore-values.ts";
import { createDocumentCodec } from "./document-codec.ts";
import type { DocumentMessage, Fields } from "./messages.ts";

const anyFields = fc.dictionary(fc.string({ unit: "binary", minLength: 1 }), anyValue, {
  noNullPrototype: true,
});

test("decodes every encoded value, as the client's own writer does", () => {
  const { encode, decode } = createDocumentCodec();
  const wire = loadService("firestore")["GetDocument"];
  const throughWire = (fields: Fields) => {
    const document = wire?.responseDeserialize(wire.responseSerialize({ fields })) as
      | DocumentMessage
      | undefined;
    return document?.fields ?? {};
  };
  fc.assert(
    fc.property(anyFields, fields => {
      expect(decode(encode(fields))).toEqual(throughWire(fields));
    }),
    { numRuns: 2000 },
  );
});

test("keeps a negative integer whose bytes make the buffer grow", () => {
  // The codec writes backwards: the text leaves only a few of the buffer's 64 KiB for the integer.
  for (let size = 65_480; size < 65_536; size++) {
    const fields: Fields = {
      number: { valueType: "integerValue", integerValue: "-1" },
      text: { valueType: "stringValue", stringValue: "x".repeat(size) },
    };
    const { encode, decode } = createDocumentCodec();
    expect(decode(encode(fields))).toEqual(fields);
  }
});

test("writes a document that is larger than the ones before", () => {
  const { encode, decode } = createDocumentCodec();
  const sizes = [1, 200_000, 3, 1_000_000];
  for (const size of sizes) {
    const fields: Fields = {
      text: { valueType: "stringValue", stringValue: "é".repeat(size) },
      last: { valueType: "integerValue", integerValue: String(size) },
    };
    expect(decode(encode(fields))).toEqual(fields);
  }
});
