import { createHash, randomBytes } from "node:crypto";

/**
 * Crockford's base 32 alphabet. The letters I, L, O and U are left out, so that a person can read an id aloud.
 * The characters are in ASCII order, so ids sort as text.
 */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Characters of a hash. 32 of them hold 160 bits: no collision is expected, and a document id stays short. */
const ID_HASH_CHARACTERS = 32;

/** The inputs of a new id. */
export interface IdSource {
  nowMs: number;
  /** Source of random bytes; absent: the platform's. A test passes its own. */
  random?: (bytes: number) => Uint8Array;
}

/**
 * Creates an id that sorts by time.
 * @returns the prefix, 48 bits of milliseconds and 80 random bits (the layout of a ULID)
 */
export function newId(prefix: string, { nowMs, random = randomBytes }: IdSource): string {
  const time = base32(BigInt(Math.trunc(nowMs)), 10);
  const randomPart = base32(BigInt(`0x${Buffer.from(random(10)).toString("hex")}`), 16);
  return `${prefix}_${time}${randomPart}`;
}

/** Derives an id from its parts. The same parts give the same id, so a retry derives the same one. */
export function derivedId(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}_${hashOf(...parts).slice(0, 26)}`;
}

/**
 * Hashes the parts.
 * @returns a short text for document ids and task names, spread evenly over the key space
 */
export function hashOf(...parts: readonly (string | number)[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return base32(BigInt(`0x${digest.slice(0, ID_HASH_CHARACTERS * 1.25)}`), ID_HASH_CHARACTERS).toLowerCase();
}

/** Hashes an e-mail address. Upper and lower case count as the same, and so do composed and decomposed letters. */
export function emailHash(email: string): string {
  return hashOf(email.normalize("NFC").toLowerCase());
}

/**
 * Assigns a key to a shard. A key always gets the same shard; keys spread evenly.
 * @returns a number from 0 to `shards - 1`
 */
export function shardOf(key: string, shards: number): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % shards;
}

function base32(value: bigint, characters: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < characters; i++) {
    text = ALPHABET.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  return text;
}
