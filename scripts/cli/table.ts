/** Rows under their heads, in columns as wide as they must be; a cell is cut where a person would stop reading. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cut = rows.map(row => row.map(cell => cutTo(cell, WIDEST)));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cut.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(heads), ...cut.map(line)].join("\n");
}

const WIDEST = 80;

function cutTo(text: string, characters: number): string {
  const oneLine = text.replaceAll(/[\s\p{Cc}]+/gu, " ");
  return oneLine.length <= characters ? oneLine : `${oneLine.slice(0, characters - 3)}...`;
}
