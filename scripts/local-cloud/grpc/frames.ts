import { gunzipSync, inflateSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { RpcError } from "../rpc-error.ts";

/** Before each message: one byte, whether it is compressed, and four of its length. */
export const HEAD_BYTES = 5;

/** The largest request an emulator reads: above Firestore's 10 MiB commit limit, so that ours answers first. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** The compressions that a client may choose, besides none. */
const UNPACKERS = new Map([
  ["gzip", gunzipSync],
  ["deflate", inflateSync],
]);

/** A message as it is sent: nothing is compressed, because nothing goes over a network. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

export interface FrameReader {
  /**
   * Hands over each message that is complete with these bytes, in turn.
   * @throws RpcError for a message that is too large, or compressed in a way that is not known
   */
  read(bytes: Buffer, use: (message: Buffer) => void): void;
  /** Nothing is left of an incomplete message. */
  isBetweenMessages(): boolean;
}

/** @param encoding what the client calls its compression, in the header grpc-encoding */
export function createFrameReader(encoding: string | undefined): FrameReader {
  let pieces: Buffer[] = [];
  let length = 0;
  let needed = HEAD_BYTES;
  return {
    read(bytes, use) {
      pieces.push(bytes);
      length += bytes.length;
      while (length >= needed) {
        // Joined when a whole message is there, and not with each of its pieces.
        const [only] = pieces;
        const joined = only && pieces.length === 1 ? only : Buffer.concat(pieces, length);
        needed = HEAD_BYTES + lengthIn(joined);
        pieces = [joined];
        if (length < needed) break;
        const message = messageIn(joined.subarray(0, needed), encoding);
        length -= needed;
        // Nothing stays of what was read: an empty rest would keep its memory.
        pieces = length > 0 ? [joined.subarray(needed)] : [];
        needed = HEAD_BYTES;
        use(message);
      }
    },
    isBetweenMessages: () => length === 0,
  };
}

function lengthIn(frame: Buffer): number {
  const length = frame.readUInt32BE(1);
  if (length <= MAX_MESSAGE_BYTES) return length;
  throw new RpcError(
    status.RESOURCE_EXHAUSTED,
    `Received message larger than max (${length} vs. ${MAX_MESSAGE_BYTES})`,
  );
}

function messageIn(frame: Buffer, encoding: string | undefined): Buffer {
  const message = frame.subarray(HEAD_BYTES);
  return frame[0] === 0 ? message : unpack(message, encoding);
}

function unpack(message: Buffer, encoding: string | undefined): Buffer {
  const unpacker = UNPACKERS.get(encoding ?? "");
  if (!unpacker) {
    throw new RpcError(
      status.UNIMPLEMENTED,
      `Messages in the encoding "${encoding}" are not understood here.`,
    );
  }
  try {
    return unpacker(message, { maxOutputLength: MAX_MESSAGE_BYTES });
  } catch (error) {
    const isTooLarge = (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
    throw new RpcError(
      isTooLarge ? status.RESOURCE_EXHAUSTED : status.INTERNAL,
      isTooLarge
        ? `Received message that decompresses to a size larger than ${MAX_MESSAGE_BYTES}`
        : "Failed to decompress message",
    );
  }
}
