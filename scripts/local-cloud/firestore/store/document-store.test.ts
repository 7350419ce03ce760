import { expect, test } from "@jest/globals";
import { openStorage } from "../../storage.ts";
import { parseDocumentName } from "../documents/document-name.ts";
import type { Change } from "../documents/stored-document.ts";
import { openDocuments } from "./document-storage.ts";
import { DocumentStore } from "./document-store.ts";

const DATABASE = "projects/p/databases/d";
const place = parseDocumentName(`${DATABASE}/documents/c/1`);

test("reads the last write: small, large, deleted or failed", () => {
  const storage = openStorage();
  const store = new DocumentStore(openDocuments(storage), DATABASE, () => 0);
  const textOf = () => store.current.get(place)?.fields["text"];
  const write = (text: string | undefined, ...more: Change[]) => {
    const micros = store.nextCommitMicros();
    const fields = { text: { valueType: "stringValue" as const, stringValue: text ?? "" } };
    const after =
      text === undefined ? undefined : { ...place, fields, createMicros: 1, updateMicros: micros };
    store.apply([{ place, before: store.current.get(place), after }, ...more], micros);
  };
  const sizes = [1, 10_000, 2, 20_000];
  for (const size of sizes) {
    write("x".repeat(size));
    expect(textOf()).toMatchObject({ stringValue: "x".repeat(size) });
  }
  write("small");
  write(undefined);
  expect([textOf(), store.documentCount(), store.current.size("c")]).toEqual([undefined, 0, 0]);

  write("kept");
  const unwritable = {
    ...place,
    fields: { n: { valueType: "integerValue" as const, integerValue: "no number" } },
  };
  const failing = { place, before: undefined, after: { ...unwritable, createMicros: 1, updateMicros: 1 } };
  expect(() => write("lost", failing)).toThrow(/no number/);
  expect(textOf()).toMatchObject({ stringValue: "kept" });
  const [row] = storage.db.prepare("SELECT fields FROM firestore_documents").all();
  expect(Buffer.from((row?.["fields"] ?? Buffer.alloc(0)) as Uint8Array).toString()).toContain("kept");
  storage.close();
});
