import { invalidArgument } from "../rpc-error.ts";
import { compareUtf8, utf8Length } from "./utf8.ts";

/** Collection ids, document ids and field names: firebase.google.com/docs/firestore/quotas. */
export const MAX_ID_BYTES = 1500;
const RESERVED = /^__.*__$/s;
const DATABASE = /^projects\/[^/]+\/databases\/[^/]+$/;

/** A document's place: `path` is relative to the database ("orders/1"), `collection` is the path before the id. */
export interface DocumentName {
  name: string;
  database: string;
  path: string;
  collection: string;
  id: string;
}

/** Where collections hang: a document, or the database itself with an empty path. */
export interface ParentName {
  database: string;
  path: string;
}

export const isReserved = (id: string) => RESERVED.test(id);

/** Takes a document's full name apart. Throws INVALID_ARGUMENT when it names no document or breaks an id rule. */
export function parseDocumentName(name: string): DocumentName {
  const { database, path } = parseParentName(name);
  if (path === "") throw invalidArgument(`Document name "${name}" names no document.`);
  const slash = path.lastIndexOf("/");
  return {
    name,
    database,
    path,
    collection: path.slice(0, slash),
    id: path.slice(slash + 1),
  };
}

/** The same, for a request that names its database. Throws INVALID_ARGUMENT for a document of another one. */
export function parseDocumentNameIn(database: string, name: string): DocumentName {
  const place = parseDocumentName(name);
  if (place.database === database) return place;
  throw invalidArgument(`Document "${name}" is not in the database "${database}" of the request.`);
}

/** Takes apart `projects/P/databases/D/documents[/collection/id]...`. Throws INVALID_ARGUMENT. */
export function parseParentName(name: string): ParentName {
  const segments = name.split("/");
  if (segments.length < 5 || segments[4] !== "documents") throw malformed(name);
  const database = parseDatabaseName(segments.slice(0, 4).join("/"));
  const ids = segments.slice(5);
  if (ids.length % 2 !== 0) throw malformed(name);
  for (const id of ids) checkId(id, name);
  return { database, path: ids.join("/") };
}

/** Throws INVALID_ARGUMENT unless the text is `projects/P/databases/D`. */
export function parseDatabaseName(name: string): string {
  if (!DATABASE.test(name)) {
    throw invalidArgument(`Resource name "${name}" is not of the form projects/P/databases/D.`);
  }
  return name;
}

/** Throws INVALID_ARGUMENT for an id that no collection or document can have. */
export function checkId(id: string, name: string): void {
  if (id === "") throw malformed(name);
  if (id === "." || id === "..")
    throw invalidArgument(`Resource id "${id}" is invalid: "." and ".." are reserved.`);
  if (isReserved(id)) throw invalidArgument(`Resource id "${id}" is invalid because it is reserved.`);
  if (utf8Length(id) > MAX_ID_BYTES) {
    throw invalidArgument(`The key path element name is longer than ${MAX_ID_BYTES} bytes.`);
  }
}

const malformed = (name: string) =>
  invalidArgument(
    `Document name "${name}" is malformed: expected projects/P/databases/D/documents/COLLECTION/ID.`,
  );

/** The order of __name__: segment by segment; numeric ids (`__id7__`) come before all others. */
export function compareDocumentNames(left: string, right: string): number {
  if (left === right) return 0;
  const leftIds = left.split("/");
  const rightIds = right.split("/");
  for (const [index, leftId] of leftIds.entries()) {
    const rightId = rightIds[index];
    if (rightId === undefined) return 1;
    const difference = compareIds(leftId, rightId);
    if (difference !== 0) return difference;
  }
  return leftIds.length - rightIds.length;
}

function compareIds(left: string, right: string): number {
  const leftNumber = numericId(left);
  const rightNumber = numericId(right);
  if (leftNumber === undefined && rightNumber === undefined) return compareUtf8(left, right);
  if (leftNumber === undefined) return 1;
  if (rightNumber === undefined) return -1;
  return leftNumber < rightNumber ? -1 : Number(leftNumber > rightNumber);
}

/** Nothing stored here has such an id, but the client's recursiveDelete uses the least one as a bound. */
export const isNumericId = (id: string) => numericId(id) !== undefined;

function numericId(id: string): bigint | undefined {
  if (!id.startsWith("__id")) return undefined;
  const digits = /^__id(-?\d+)__$/.exec(id)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}
