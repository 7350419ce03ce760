import { firestore } from "../../shared/google/firestore.ts";

type Parent = { listCollections(): Promise<unknown[]> };

/** Reads all documents as text, by path. */
export async function allDocuments(of: Parent = firestore()): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const one of (await of.listCollections()) as ReturnType<
    ReturnType<typeof firestore>["collection"]
  >[]) {
    for (const document of (await one.get()).docs)
      found.set(document.ref.path, JSON.stringify(document.data()));
    // Collections of projections lie below documents that do not exist.
    if (one.id !== "projections") continue;
    for (const ref of await one.listDocuments())
      for (const below of await allDocuments(ref)) found.set(...below);
  }
  return found;
}

/** Returns the paths of the documents that contain one of the texts. */
export async function documentPaths(texts: readonly string[]): Promise<string[]> {
  const all = [...(await allDocuments())];
  return all.filter(([, content]) => texts.some(text => content.includes(text))).map(([path]) => path);
}
