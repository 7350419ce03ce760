import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CollectionReference } from "@google-cloud/firestore";
import type { PersonalValues } from "./personal-values.ts";

/** A personal value in a place that must hold none. */
export interface Leak {
  /** A line of a file, or a document. */
  where: string;
  /** The origin of the value: field, event type or path, step. */
  of: string;
}

/** Searches every line of every file of a folder. */
export function leaksInFiles(folder: string, personal: PersonalValues): Leak[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.flatMap((line, index) => leaksIn(`${path}:${index + 1}`, line, personal));
  });
}

/** Searches every document of a collection, or only the given fields. */
export async function leaksInCollection(
  collection: CollectionReference,
  personal: PersonalValues,
  fields?: readonly string[],
): Promise<Leak[]> {
  const { docs } = await (fields ? collection.select(...fields) : collection).get();
  return docs.flatMap(document => leaksIn(document.ref.path, JSON.stringify(document.data()), personal));
}

function leaksIn(where: string, text: string, personal: PersonalValues): Leak[] {
  return [...new Set(personal.foundIn(text))].map(of => ({ where, of }));
}
