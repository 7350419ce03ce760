/**
 * Fills the parts of a document between `<!-- generated: NAME -->` and `<!-- end -->`.
 * @throws Error for a part that is not in the document, or that nobody generates
 */
export function withGenerated(document: string, parts: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(parts));
  const filled = document.replace(
    /<!-- generated: (\w+) -->\n[\s\S]*?<!-- end -->/g,
    (_whole, name: string) => {
      const part = parts[name];
      if (part === undefined) throw new Error(`Nothing generates the part "${name}".`);
      missing.delete(name);
      return `<!-- generated: ${name} -->\n${part}\n<!-- end -->`;
    },
  );
  if (missing.size > 0) throw new Error(`The document has no part "${[...missing].join('", "')}".`);
  return filled;
}
