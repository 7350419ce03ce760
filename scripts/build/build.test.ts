import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import { bundleFaults } from "./bundle-faults.ts";
import { lockFileOf } from "./lock-file.ts";
import { ownSourceMap } from "./own-source-map.ts";

const read = (path: string) =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8"));

test("locks a function's package and its dependencies, as npm resolves them", () => {
  const integrity = (id: string) => ({
    version: "1.0.0",
    integrity: `sha512-${id}`,
    resolved: "https://a.b",
  });
  const packages = {
    "": {},
    "node_modules/a": { ...integrity("a"), dependencies: { b: "1", c: "1" } },
    "node_modules/b": { ...integrity("b"), dependencies: { c: "1" }, optionalDependencies: { absent: "1" } },
    "node_modules/a/node_modules/c": integrity("c of a"),
    "node_modules/c": { ...integrity("c"), dependencies: { a: "1" }, dev: true },
    "node_modules/other": integrity("other"),
  };
  const manifest = { name: "carts", dependencies: { b: "1.0.0" } };
  const lock = lockFileOf({ packages }, manifest);
  expect(Object.keys(lock.packages)).toEqual([
    "",
    "node_modules/a",
    "node_modules/a/node_modules/c",
    "node_modules/b",
    "node_modules/c",
  ]);
  expect(lock.packages).toMatchObject({ "": manifest, "node_modules/b": { integrity: "sha512-b" } });
  expect(JSON.stringify(lock)).not.toMatch(/resolved|"dev"/);
  expect(() => lockFileOf({ packages }, { name: "x", dependencies: { gone: "1" } })).toThrow("lacks gone");
});

test("locks the functions-framework and its dependencies with checksums", () => {
  const framework = "@google-cloud/functions-framework";
  const version = read("package.json").dependencies[framework];
  const dependencies = { [framework]: version };
  const { packages } = lockFileOf(read("package-lock.json"), { name: "carts", dependencies });
  const { "": _itself, ...locked } = packages as Record<string, { version: string; integrity: string }>;
  expect(locked[`node_modules/${framework}`]?.version).toBe(version);
  expect(Object.keys(locked)).toContain("node_modules/express");
  const unchecked = Object.entries(locked).filter(([, { integrity }]) => !integrity?.startsWith("sha512-"));
  expect(unchecked).toEqual([]);
});

test("keeps only PulseCart's own code in a source map", async () => {
  const files: Record<string, string> = {
    "node_modules/x.js": "export const theirs = () => {\n  throw new Error('theirs');\n};",
    "ours.ts":
      "import { theirs } from 'x';\n\nexport function ours(n: number) {\n  if (n > 1) theirs();\n  throw new Error('ours');\n}",
  };
  const folder: Plugin = {
    name: "folder",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path }) => ({
        path: path === "x" ? "node_modules/x.js" : path,
        namespace: "n",
      }));
      onLoad({ filter: /.*/ }, ({ path }) => ({ contents: files[path] ?? "", loader: "ts" }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: ["ours.ts"],
    bundle: true,
    minifyWhitespace: true,
    write: false,
    format: "esm",
    sourcemap: "external",
    outfile: "o.js",
    plugins: [folder],
  });
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
  const [code, whole] = [text(".js"), JSON.parse(text(".map"))];
  const map = new SourceMap(ownSourceMap(whole, source => !source.includes("node_modules/")));
  const place = (words: string, from = new SourceMap(whole)) => {
    const line = code.split("\n").findIndex(one => one.includes(words));
    const entry = from.findEntry(line, code.split("\n")[line]?.indexOf(words) ?? 0);
    return "originalSource" in entry ? [entry.originalSource, entry.originalLine, entry.originalColumn] : [];
  };
  expect(place('"ours"', map)).toEqual(place('"ours"'));
  expect(place('"ours"', map)).toEqual(["n:ours.ts", 4, 18]);
  expect(place('"theirs"')).toContain("n:node_modules/x.js");
  expect(place('"theirs"', map)).toEqual([]);
});

test("refuses a bundle with scripts or an eagerly loaded client", () => {
  const pubsub = "node_modules/@google-cloud/pubsub/index.js";
  const imports = (path: string, kind = "import-statement") => ({ imports: [{ path, kind }] });
  const metafile = (kind: string) => ({
    inputs: {
      "functions/a.ts": imports("shared/b.ts"),
      "shared/b.ts": imports(pubsub, kind),
      [pubsub]: { imports: [] },
    },
    outputs: {
      "a/bundle.js": { entryPoint: "functions/a.ts", inputs: { "shared/b.ts": {}, "scripts/tour/c.ts": {} } },
      "a/bundle.js.map": { inputs: {} },
    },
  });
  const script = "functions/a.ts: scripts/tour/c.ts is not for deployment";
  expect(bundleFaults(metafile("dynamic-import"))).toEqual([script]);
  expect(bundleFaults(metafile("import-statement"))).toEqual([
    script,
    `functions/a.ts: ${pubsub} is loaded at every start: load it with import()`,
  ]);
});
