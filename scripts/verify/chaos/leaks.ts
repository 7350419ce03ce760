import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CollectionReference } from "@google-cloud/firestore";
import type { Planted } from "./planted.ts";

/** A personal value where none may be: the place, and what it came from. */
export interface Leak {
  where: string;
  of: string;
}

/** Looks through every line of every file of a folder. */
export function leaksInFiles(folder: string, planted: Planted): Leak[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.flatMap((line, index) => leaksIn(`${path}:${index + 1}`, line, planted));
  });
}

/** Looks through every document of a collection, or these fields of each. */
export async function leaksInCollection(
  collection: CollectionReference,
  planted: Planted,
  fields?: readonly string[],
): Promise<Leak[]> {
  const { docs } = await (fields ? collection.select(...fields) : collection).get();
  return docs.flatMap(document => leaksIn(document.ref.path, JSON.stringify(document.data()), planted));
}

function leaksIn(where: string, text: string, planted: Planted): Leak[] {
  return [...new Set(planted.foundIn(text))].map(of => ({ where, of }));
}
