/** A short query needs one page; a long one has few. */
const FIRST_PAGE = 32;
const MAX_PAGE = 512;

/**
 * Reads a table from position to position, with a statement for each page: none is open while the reader looks
 * at the rows, so it may write meanwhile. `read` gives up to `limit` rows, after the first page starting with
 * the `last` one of the page before.
 */
export function* readInPages<Row extends { position: string }>(
  read: (limit: number, last?: Row) => Row[],
): Generator<Row> {
  let last: Row | undefined;
  for (let limit = FIRST_PAGE; ; limit = Math.min(4 * limit, MAX_PAGE)) {
    const rows = read(limit, last);
    for (const row of rows) if (row.position !== last?.position) yield row;
    if (rows.length < limit) return;
    last = rows.at(-1);
  }
}
