import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The imports of each file or folder, by name. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const root = fileURLToPath(new URL("../..", import.meta.url));
const IMPORT = /^(?:import|export)\b[^;"]*?from "(\.[^"]+)"|^import "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm;
/** Folders whose files are entry points. Each such file is a node of its own in the folder graph. */
const ENTRY_FOLDERS = ["shared", "shared/pipeline"];

/** Reads the imports of all source files except tests and test support. Type imports count. */
export function fileGraph(): Graph {
  const files = globSync(["functions/**/*.ts", "shared/**/*.ts", "scripts/**/*.ts"], { cwd: root })
    .map(file => file.replaceAll("\\", "/"))
    .filter(file => !file.endsWith(".test.ts") && !file.includes("/test/"));
  return new Map(files.map(file => [file, importsOf(file)]));
}

function importsOf(file: string): ReadonlySet<string> {
  const source = readFileSync(join(root, file), "utf8");
  const paths = [...source.matchAll(IMPORT)].map(([, from, alone, lazy]) => from ?? alone ?? lazy ?? "");
  return new Set(paths.map(path => normalize(join(dirname(file), path)).replaceAll("\\", "/")));
}

/** Merges the files of each folder into one node. */
export function folderGraph(files: Graph): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [file, imported] of files) {
    const from = folderOf(file);
    const others = [...imported].map(folderOf).filter(folder => folder !== from);
    folders.set(from, new Set([...(folders.get(from) ?? []), ...others]));
  }
  return folders;
}

function folderOf(file: string): string {
  const folder = dirname(file);
  return ENTRY_FOLDERS.includes(folder) ? file : folder;
}

/**
 * Finds a circle of imports.
 * @returns the names along the circle, the first one repeated at the end; undefined without a circle
 */
export function circleIn(graph: Graph): readonly string[] | undefined {
  const isDone = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (isDone.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const circle = visit(next, [...path, name]);
      if (circle) return circle;
    }
    isDone.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}
