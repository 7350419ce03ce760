import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LanguageFault } from "./rules.ts";
import { faultsOfPart, faultsOfProse } from "./rules.ts";
import { partsOf } from "./source-parts.ts";

// `npm run lint:language -- [PATH ...]`: checks comments, texts, names and manuals against the language rules. A path
// limits the check to the files whose paths begin with that path.
const root = fileURLToPath(new URL("../../..", import.meta.url));
const GLOBS = ["functions/**/*.{ts,md}", "shared/**/*.{ts,md}", "scripts/**/*.{ts,mjs,md}", "*.mjs", "*.md"];
/** The changelog keeps the words of its time. */
const LEFT_OUT = ["CHANGELOG.md"];

/** Returns the faults of one file. */
export function faultsOfFile(file: string, content: string): LanguageFault[] {
  if (!file.endsWith(".md")) return partsOf(content).flatMap(part => faultsOfPart(part, file));
  return paragraphsOf(content).flatMap(({ text, line }) => faultsOfProse(text, { line, file }));
}

/** Splits a manual into its paragraphs; blocks of code and tables are left out. */
function paragraphsOf(markdown: string): { text: string; line: number }[] {
  const plain = markdown.replace(/^```[\s\S]*?^```/gm, block => block.replace(/[^\n]/g, ""));
  let line = 1;
  return plain.split("\n\n").flatMap(text => {
    const from = line;
    line += text.split("\n").length + 1;
    return text.trim() === "" || /^\s*(\||<|#)/.test(text) ? [] : [{ text, line: from }];
  });
}

function filesIn(paths: readonly string[]): string[] {
  const files = globSync(GLOBS, { cwd: root }).map(file => file.replaceAll("\\", "/"));
  const isWanted = (file: string) => paths.length === 0 || paths.some(path => file.startsWith(path));
  return files.filter(file => !LEFT_OUT.includes(file) && isWanted(file)).sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = filesIn(process.argv.slice(2));
  const faults = files.flatMap(file =>
    faultsOfFile(file, readFileSync(`${root}/${file}`, "utf8")).map(
      ({ line, problem }) => `${file}:${line} ${problem}`,
    ),
  );
  for (const fault of faults) console.log(fault);
  console.log(`${faults.length} language faults in ${files.length} files.`);
  if (faults.length > 0) process.exitCode = 1;
}
