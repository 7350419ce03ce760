import { invalidArgument } from "../../rpc-error.ts";
import { compareUtf8, utf8Length } from "./utf8.ts";

/** Largest collection id, document id and field name (firebase.google.com/docs/firestore/quotas). */
export const MAX_ID_BYTES = 1500;
const RESERVED = /^__.*__$/s;
const DATABASE = /^projects\/[^/]+\/databases\/[^/]+$/;

/** The parts of a document's name. */
export interface DocumentName {
  /** The full name: projects/P/databases/D/documents/orders/1. */
  name: string;
  database: string;
  /** Path relative to the database: "orders/1". */
  path: string;
  /** Path before the id: "orders". */
  collection: string;
  id: string;
}

/** The parent of collections: a document, or the database itself with an empty path. */
export interface ParentName {
  database: string;
  path: string;
}

export const isReserved = (id: string) => RESERVED.test(id);

/**
 * Splits a document's full name into its parts.
 * @throws RpcError INVALID_ARGUMENT when the name is not a document's, or breaks a rule for ids
 */
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

/**
 * Splits the name of a document in the request's database.
 * @throws RpcError INVALID_ARGUMENT as `parseDocumentName` does, and for a document of another database
 */
export function parseDocumentNameIn(database: string, name: string): DocumentName {
  const place = parseDocumentName(name);
  if (place.database === database) return place;
  throw invalidArgument(`Document "${name}" is not in the database "${database}" of the request.`);
}

/**
 * Splits `projects/P/databases/D/documents[/collection/id]...` into database and path.
 * @throws RpcError INVALID_ARGUMENT for any other text
 */
export function parseParentName(name: string): ParentName {
  const segments = name.split("/");
  if (segments.length < 5 || segments[4] !== "documents") throw malformed(name);
  const database = parseDatabaseName(segments.slice(0, 4).join("/"));
  const ids = segments.slice(5);
  if (ids.length % 2 !== 0) throw malformed(name);
  for (const id of ids) checkId(id, name);
  return { database, path: ids.join("/") };
}

/**
 * Checks that a text is `projects/P/databases/D`, and returns it.
 * @throws RpcError INVALID_ARGUMENT for any other text
 */
export function parseDatabaseName(name: string): string {
  if (!DATABASE.test(name)) {
    throw invalidArgument(`Resource name "${name}" is not of the form projects/P/databases/D.`);
  }
  return name;
}

/**
 * Checks the id of a collection or document.
 * @param name the full name, for messages
 * @throws RpcError INVALID_ARGUMENT for an id that no collection or document can have
 */
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

/** Compares names by the order of __name__: segment by segment, with numeric ids (`__id7__`) before all others. */
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

/** No stored document has a numeric id, but the client's recursiveDelete uses the least one as a bound. */
export const isNumericId = (id: string) => numericId(id) !== undefined;

function numericId(id: string): bigint | undefined {
  if (!id.startsWith("__id")) return undefined;
  const digits = /^__id(-?\d+)__$/.exec(id)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}
