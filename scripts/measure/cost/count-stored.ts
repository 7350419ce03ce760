import { Timestamp } from "@google-cloud/firestore";
import { firestore } from "../../../shared/google/firestore.ts";
import { indexes, TTL_FIELD } from "../../plan/indexes.ts";
import type { Counts } from "./tally.ts";

type Stored = Pick<Counts, "bytes stored" | "documents expiring">;

/** Counts the bytes in Firestore by collection, without indexes, and the documents that a TTL policy will delete. */
export async function countStored(): Promise<Stored> {
  const bytes: Record<string, number> = {};
  const expiring: Record<string, number> = {};
  for (const collection of await firestore().listCollections()) {
    const { id } = collection;
    for (const document of (await collection.get()).docs) {
      const data = document.data();
      bytes[id] = (bytes[id] ?? 0) + sizeOfDocument(document.ref.path, data);
      const isExpiring = indexes.expiring.includes(id) && data[TTL_FIELD] instanceof Timestamp;
      if (isExpiring) expiring[id] = (expiring[id] ?? 0) + 1;
    }
  }
  return { "bytes stored": bytes, "documents expiring": expiring };
}

/** Returns the bytes of a document: https://cloud.google.com/firestore/docs/storage-size */
export function sizeOfDocument(path: string, data: Readonly<Record<string, unknown>>): number {
  const name = path.split("/").reduce((sum, part) => sum + textSize(part), 16);
  return name + 32 + fieldsSize(data);
}

const textSize = (text: string): number => Buffer.byteLength(text) + 1;

function fieldsSize(fields: object): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + textSize(name) + valueSize(value), 0);
}

function valueSize(value: unknown): number {
  if (value === null || typeof value === "boolean") return 1;
  if (typeof value === "string") return textSize(value);
  if (typeof value === "number" || value instanceof Timestamp) return 8;
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + valueSize(each), 0);
  return fieldsSize(Object(value));
}
