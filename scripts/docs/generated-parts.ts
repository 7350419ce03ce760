/**
 * Fills the parts of a document between `<!-- generated: NAME -->` and `<!-- end -->`.
 * @param parts the content of each part by its name
 * @throws Error when a part is missing in the document, or when the document asks for an unknown part
 */
export function withGenerated(document: string, parts: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(parts));
  const filled = document.replace(
    /<!-- generated: (\w+) -->\n[\s\S]*?<!-- end -->/g,
    (_whole, name: string) => {
      const part = parts[name];
      if (part === undefined)
        throw new Error(`generated part unknown: expected one of ${Object.keys(parts)}, got "${name}"`);
      missing.delete(name);
      return `<!-- generated: ${name} -->\n${part}\n<!-- end -->`;
    },
  );
  if (missing.size > 0)
    throw new Error(`generated part missing: expected <!-- generated: ${[...missing].join(", ")} -->`);
  return filled;
}
