import { gunzipSync, inflateSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { RpcError } from "../rpc-error.ts";

/** Size of a frame's head: one byte that says whether the message is compressed, and four of its length. */
export const HEAD_BYTES = 5;

/** Largest request that an emulator reads: above Firestore's 10 MiB commit limit, so that limit's check answers first. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Compressions that a client may use, besides none. */
const UNPACKERS = new Map([
  ["gzip", gunzipSync],
  ["deflate", inflateSync],
]);

/** Frames a message. Responses are not compressed: they stay on this machine. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

export interface FrameReader {
  /**
   * Calls `use` with each message that these bytes complete, in order.
   * @throws RpcError for a message that is too large, or has an unknown compression
   */
  read(bytes: Buffer, use: (message: Buffer) => void): void;
  /** True when no part of an incomplete message is buffered. */
  isBetweenMessages(): boolean;
}

/** @param encoding the compression's name in the header grpc-encoding */
export function createFrameReader(encoding: string | undefined): FrameReader {
  let pieces: Buffer[] = [];
  let length = 0;
  let needed = HEAD_BYTES;
  return {
    read(bytes, use) {
      pieces.push(bytes);
      length += bytes.length;
      while (length >= needed) {
        // The pieces are joined once per message, not once per piece.
        const [only] = pieces;
        const joined = only && pieces.length === 1 ? only : Buffer.concat(pieces, length);
        needed = HEAD_BYTES + lengthIn(joined);
        pieces = [joined];
        if (length < needed) break;
        const message = messageIn(joined.subarray(0, needed), encoding);
        length -= needed;
        // An empty rest is dropped: it would keep the memory of the whole buffer.
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
      `Message encoding "${encoding}" is not supported: expected gzip, deflate or none.`,
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
