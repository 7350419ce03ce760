import { invalidArgument } from "../../rpc-error.ts";
import type { Cursor, StructuredQuery } from "../documents/messages.ts";
import type { Narrowing } from "../documents/narrowing.ts";
import { NO_NARROWING, narrowingOfBound } from "../documents/narrowing.ts";
import type { StoredDocument } from "../documents/stored-document.ts";
import { compareUtf8 } from "../documents/utf8.ts";
import { compareValues } from "../documents/value.ts";
import type { FieldReader } from "./filter.ts";
import { fieldReader } from "./filter.ts";

export interface Order {
  field: FieldReader;
  /** 1 ascending, -1 descending. */
  sign: 1 | -1;
}

/**
 * Returns the full order of a query's result. The requested orders come first, then the fields compared by a range (by
 * name), then __name__. Implied orders have the direction of the last requested one.
 */
export function completeOrders(
  asked: StructuredQuery["orderBy"],
  inequalities: readonly FieldReader[],
): Order[] {
  const orders = (asked ?? []).map(({ field, direction }): Order => {
    return {
      field: fieldReader(field),
      sign: direction === "DESCENDING" ? -1 : 1,
    };
  });
  const sign = orders.at(-1)?.sign ?? 1;
  const name = fieldReader({ fieldPath: "__name__" });
  const implied = [...inequalities].sort((a, b) => compareUtf8(a.path.join("."), b.path.join(".")));
  for (const field of [...implied.filter(({ key }) => key !== name.key), name]) {
    if (!orders.some(order => order.field.key === field.key)) orders.push({ field, sign });
  }
  return orders;
}

export function compareDocuments(
  orders: readonly Order[],
  left: StoredDocument,
  right: StoredDocument,
): number {
  for (const { field, sign } of orders) {
    const leftValue = field.read(left);
    const rightValue = field.read(right);
    const difference = leftValue && rightValue ? compareValues(leftValue, rightValue) : 0;
    if (difference !== 0) return difference * sign;
  }
  return 0;
}

/**
 * Returns the test whether a document lies on the wanted side of a cursor.
 * @throws RpcError INVALID_ARGUMENT for a cursor with more values than the query has orders
 */
export function cursorTest(
  orders: readonly Order[],
  cursor: Cursor | undefined,
  edge: "start" | "end",
): (document: StoredDocument) => boolean {
  if (!cursor) return () => true;
  const values = cursor.values ?? [];
  if (values.length > orders.length)
    throw invalidArgument(
      `Cursor has too many values: expected at most ${orders.length}, one per order, got ${values.length}.`,
    );
  const { before = false } = cursor;
  return document => {
    const position = comparePosition(orders, values, document);
    if (edge === "start") return before ? position >= 0 : position > 0;
    return before ? position < 0 : position <= 0;
  };
}

/** Returns the narrowing of a cursor, which is that of its first value. */
export function cursorNarrowing(
  [order]: readonly Order[],
  cursor: Cursor | undefined,
  edge: "start" | "end",
): Narrowing {
  const value = cursor?.values?.[0];
  if (!order || !value) return NO_NARROWING;
  return narrowingOfBound(order.field, (edge === "start") === order.sign > 0 ? "from" : "to", value);
}

function comparePosition(
  orders: readonly Order[],
  values: NonNullable<Cursor["values"]>,
  document: StoredDocument,
) {
  for (const [index, value] of values.entries()) {
    const order = orders[index];
    const actual = order?.field.read(document);
    const difference = actual ? compareValues(actual, value) : 0;
    if (order && difference !== 0) return difference * order.sign;
  }
  return 0;
}
