import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Firestore } from "@google-cloud/firestore";
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

/** Looks through the reasons that the ledger and the effects keep, and all that is on record of what people did. */
export async function leaksInDatabase(firestore: Firestore, planted: Planted): Promise<Leak[]> {
  const documents = async (collection: string, fields?: string[]): Promise<Leak[]> => {
    const query = firestore.collection(collection);
    const { docs } = await (fields ? query.select(...fields) : query).get();
    return docs.flatMap(document => leaksIn(document.ref.path, JSON.stringify(document.data()), planted));
  };
  const found = await Promise.all([
    documents("ledger", ["reason"]),
    documents("effects", ["reason"]),
    documents("audit"),
  ]);
  return found.flat();
}

function leaksIn(where: string, text: string, planted: Planted): Leak[] {
  return planted.foundIn(text).map(of => ({ where, of }));
}
