import { isDeepStrictEqual } from "node:util";
import { status } from "@grpc/grpc-js";
import { invalidArgument, notFound, RpcError } from "../../rpc-error.ts";
import { checkDocument, checkFields, roundTimestamps } from "./document-limits.ts";
import type { DocumentName } from "./document-name.ts";
import { parseDocumentNameIn } from "./document-name.ts";
import { getField, parseFieldPath, withField, withoutField } from "./field-path.ts";
import type { Fields, FieldTransform, Precondition, Value, Write, WriteResult } from "./messages.ts";
import type { Change, DocumentView, StoredDocument } from "./stored-document.ts";
import { toMicros, toTimestamp } from "./time.ts";
import { applyTransform } from "./transform.ts";

/** Max field transforms of one document in one commit (firebase.google.com/docs/firestore/quotas). */
const MAX_TRANSFORMS_PER_DOCUMENT = 500;

/** The changes that a commit would make to the present documents. A plan changes nothing, so planning can repeat. */
export interface CommitPlan {
  changes: Change[];
  writeResults: WriteResult[];
  commitMicros: number;
}

/** A write whose names and values have been read and checked once, before its commit can wait. */
export interface PreparedWrite {
  place: DocumentName;
  /** The new fields; undefined for a delete. */
  update: Fields | undefined;
  mask: string[][] | undefined;
  transforms: FieldTransform[];
  precondition: Precondition | undefined;
}

/**
 * Reads a request's writes, and rounds their timestamps to microseconds in place.
 * @throws RpcError INVALID_ARGUMENT for a write that is wrong in every state of the database
 */
export function prepareWrites(database: string, writes: readonly Write[]): PreparedWrite[] {
  const prepared = writes.map(write => prepareWrite(database, write));
  const transforms = new Map<string, number>();
  for (const { place, transforms: added } of prepared) {
    const count = (transforms.get(place.path) ?? 0) + added.length;
    transforms.set(place.path, count);
    if (count > MAX_TRANSFORMS_PER_DOCUMENT) {
      throw invalidArgument(
        `Cannot apply more than ${MAX_TRANSFORMS_PER_DOCUMENT} field transforms to a single document in one commit.`,
      );
    }
  }
  return prepared;
}

function prepareWrite(database: string, write: Write): PreparedWrite {
  const { update, transform, delete: deleted, updateMask, updateTransforms = [] } = write;
  if (!update && !transform && deleted === undefined) throw invalidArgument("empty write operation");
  if (deleted !== undefined && updateTransforms.length > 0) {
    throw invalidArgument("a delete must not specify a update transform.");
  }
  const common = { precondition: write.currentDocument };
  if (transform) {
    // A transform keeps all fields, like an update with an empty mask.
    const transforms = prepareTransforms(transform.fieldTransforms ?? []);
    return {
      ...common,
      place: parseDocumentNameIn(database, transform.document ?? ""),
      update: {},
      mask: [],
      transforms,
    };
  }
  return {
    ...common,
    place: parseDocumentNameIn(database, update?.name ?? deleted ?? ""),
    update: update && prepareFields(update.fields ?? {}),
    mask: updateMask && (updateMask.fieldPaths ?? []).map(parseFieldPath),
    transforms: prepareTransforms(updateTransforms),
  };
}

function prepareTransforms(transforms: FieldTransform[]): FieldTransform[] {
  for (const { appendMissingElements } of transforms) {
    for (const value of appendMissingElements?.values ?? []) roundTimestamps(value);
  }
  return transforms;
}

function prepareFields(fields: Fields): Fields {
  for (const value of Object.values(fields)) roundTimestamps(value);
  checkFields(fields);
  return fields;
}

/**
 * Plans the writes in order; each sees the results of the ones before it.
 * @throws RpcError the refusal that the commit fails with
 */
export function planCommit(
  view: DocumentView,
  writes: readonly PreparedWrite[],
  commitMicros: number,
): CommitPlan {
  const changes = new Map<string, Change>();
  const writeResults = writes.map(write => {
    const { place } = write;
    const earlier = changes.get(place.path);
    const existing = earlier ? earlier.after : view.get(place);
    checkPrecondition(write, existing);
    const { document, transformResults } = applyWrite(write, existing, commitMicros);
    changes.set(place.path, {
      place,
      before: earlier ? earlier.before : existing,
      after: document,
    });
    return {
      ...(document && { updateTime: toTimestamp(document.updateMicros) }),
      ...(transformResults.length > 0 && { transformResults }),
    };
  });
  return { changes: [...changes.values()], writeResults, commitMicros };
}

function applyWrite(write: PreparedWrite, existing: StoredDocument | undefined, commitMicros: number) {
  const transformResults: Value[] = [];
  if (!write.update) return { document: undefined, transformResults };
  let fields = write.mask ? masked(existing?.fields ?? {}, write.update, write.mask) : write.update;
  for (const transform of write.transforms) {
    const applied = applyTransform(fields, transform, commitMicros);
    fields = applied.fields;
    transformResults.push(applied.result);
  }
  // A write without an effect keeps the update time, as the service documents it.
  if (existing && isDeepStrictEqual(existing.fields, fields)) return { document: existing, transformResults };
  checkDocument(write.place.name, fields);
  const createMicros = existing?.createMicros ?? commitMicros;
  return {
    document: {
      ...write.place,
      fields,
      createMicros,
      updateMicros: commitMicros,
    },
    transformResults,
  };
}

/** Copies the masked fields of an update. A masked field that the update lacks is removed. */
function masked(existing: Fields, update: Fields, mask: readonly string[][]): Fields {
  return mask.reduce((fields, path) => {
    const value = getField(update, path);
    return value ? withField(fields, path, value) : withoutField(fields, path);
  }, existing);
}

function checkPrecondition(
  { place, precondition }: PreparedWrite,
  existing: StoredDocument | undefined,
): void {
  if (!precondition) return;
  if (precondition.exists === true && !existing) throw notFound(`No document to update: ${place.name}`);
  if (precondition.exists === false && existing) {
    throw new RpcError(status.ALREADY_EXISTS, `Document already exists: ${place.name}`);
  }
  if (!precondition.updateTime) return;
  const expected = toMicros(precondition.updateTime);
  if (existing?.updateMicros === expected) return;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    existing
      ? `the stored version (${existing.updateMicros}) does not match the required base version (${expected})`
      : `no entity to update: ${place.name}`,
  );
}
