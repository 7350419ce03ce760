const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Compares two strings by their UTF-8 bytes, without encoding them. JavaScript compares by UTF-16 units, which differs:
 * a character outside the basic plane (two surrogates) sorts after U+FFFF in UTF-8.
 */
export function compareUtf8(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit === rightUnit) continue;
    const leftSurrogate = isSurrogate(leftUnit);
    return leftSurrogate === isSurrogate(rightUnit) ? leftUnit - rightUnit : leftSurrogate ? 1 : -1;
  }
  return left.length - right.length;
}

export const utf8Length = (text: string) => Buffer.byteLength(text, "utf8");
