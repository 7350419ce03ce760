import { loadService } from "../grpc.ts";
import type { DocumentMessage, Fields } from "./messages.ts";

/** A document as it is stored: the bytes that it has on the wire. */
export interface DocumentCodec {
  encode(fields: Fields): Uint8Array;
  decode(bytes: Uint8Array): Fields;
}

/** Every value comes back as it was, an empty map or array as one without content. */
export function createDocumentCodec(): DocumentCodec {
  const definition = loadService("firestore")["GetDocument"];
  if (!definition) throw new Error("the Firestore client's descriptors have no GetDocument");
  const { responseSerialize, responseDeserialize } = definition;
  return {
    encode: fields => responseSerialize({ fields }),
    decode(bytes) {
      const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (responseDeserialize(wire) as DocumentMessage).fields ?? {};
    },
  };
}
