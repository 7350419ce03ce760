/** Max characters of a cell; a longer one is cut. */
const MAX_CELL = 80;

/**
 * Renders rows under their heads, in columns as wide as their widest cell.
 * @param textColumns the number of first columns that hold text; the others hold numbers, which end alike
 */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = heads.length,
): string {
  const cut = rows.map(row => row.map(cell => cutTo(cell, MAX_CELL)));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cut.map(row => row[column]?.length ?? 0)),
  );
  const padded = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column < textColumns ? cell.padEnd(width) : cell.padStart(width);
  };
  return [heads, ...cut].map(cells => cells.map(padded).join("  ").trimEnd()).join("\n");
}

function cutTo(text: string, characters: number): string {
  const oneLine = text.replaceAll(/[\s\p{Cc}]+/gu, " ");
  return oneLine.length <= characters ? oneLine : `${oneLine.slice(0, characters - 3)}...`;
}
