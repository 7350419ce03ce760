/** Rows of the first page: a short query needs one page. */
const FIRST_PAGE_ROWS = 32;
/** Rows of the largest page: a long query needs few pages. */
const MAX_PAGE_ROWS = 512;

/**
 * Reads a table page by page. Each page is one statement, which is closed before the reader gets the rows. Therefore
 * the reader may write meanwhile.
 * @param read returns up to `limit` rows, from the `last` row of the previous page on if that row still exists
 */
export function* readInPages<Row extends { position: string }>(
  read: (limit: number, last?: Row) => Row[],
): Generator<Row> {
  let last: Row | undefined;
  for (let limit = FIRST_PAGE_ROWS; ; limit = Math.min(4 * limit, MAX_PAGE_ROWS)) {
    const rows = read(limit, last);
    for (const row of rows) if (row.position !== last?.position) yield row;
    if (rows.length < limit) return;
    last = rows.at(-1);
  }
}
