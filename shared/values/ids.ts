import { createHash, randomBytes } from "node:crypto";

/** Crockford's alphabet: no I, L, O, U, so that an id survives being read aloud. Its order is ASCII's order. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HASH_CHARACTERS = 32; // 160 bits: a collision is out of reach, and a document id stays short

/** What a new id is made from; a test passes its own. */
export interface IdSource {
  nowMs: number;
  random?: (bytes: number) => Uint8Array;
}

/** A new id that sorts by time: a prefix, 48 bits of milliseconds, 80 random bits (the layout of a ULID). */
export function newId(prefix: string, { nowMs, random = randomBytes }: IdSource): string {
  const time = base32(BigInt(Math.trunc(nowMs)), 10);
  const chance = base32(BigInt(`0x${Buffer.from(random(10)).toString("hex")}`), 16);
  return `${prefix}_${time}${chance}`;
}

/** The same id for the same parts, always and everywhere: what a retry derives again. */
export function derivedId(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}_${hashOf(...parts).slice(0, 26)}`;
}

/** A short hash of the parts, safe in document ids and task names and spread evenly over the key space. */
export function hashOf(...parts: readonly (string | number)[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return base32(BigInt(`0x${digest.slice(0, HASH_CHARACTERS * 1.25)}`), HASH_CHARACTERS).toLowerCase();
}

/** Which of so many shards something belongs to: always the same, and each gets its share. */
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
