import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A fenced block of a manual. */
export interface Block {
  language: string;
  text: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Lists every manual of the repository, as paths below its root. */
export function manualFiles(): string[] {
  const files = globSync(["*.md", "functions/**/*.md", "shared/**/*.md", "scripts/**/*.md"], { cwd: root });
  return files.map(file => file.replaceAll("\\", "/")).sort();
}

/** Returns the fenced blocks of each section of a manual, by the section's heading. */
export function sectionsOf(file: string): Map<string, Block[]> {
  const [, ...sections] = `\n${readFileSync(join(root, file), "utf8")}`.split(/\n#{1,3} /);
  return new Map(sections.map(section => [section.split("\n")[0] ?? "", blocksIn(section)]));
}

function blocksIn(section: string): Block[] {
  return [...section.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

/** Returns the links of a manual to files of the repository, with the file that each one names. */
export function linksOf(file: string): { link: string; target: string }[] {
  const text = readFileSync(join(root, file), "utf8").replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\((?!https?:|#)([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => ({
    link,
    target: join(root, file, "..", link),
  }));
}
