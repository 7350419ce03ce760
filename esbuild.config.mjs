// Makes dist/<function>/ from each file under functions: one bundle that runs by itself but for the
// functions-framework, and the package.json that says so. An argument names another folder than dist, for
// bundles that are only tried: those are without source maps, a quarter of the time. More arguments name the
// functions that are wanted, where not all are.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const FRAMEWORK = "@google-cloud/functions-framework";
const installed = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * The Cloud Tasks client reads its JSON files by paths it computes, which a bundler cannot follow: they become
 * plain require() calls here. Of its three versions only v2 is bundled.
 */
const tasksClient = {
  name: "tasks-client",
  setup({ onResolve, onLoad }) {
    const entry = createRequire(import.meta.url).resolve("@google-cloud/tasks");
    onResolve({ filter: /^@google-cloud\/tasks$/ }, () => ({
      path: join(dirname(entry), "v2", "index.cjs"),
    }));
    onLoad({ filter: /cloud_tasks_client\.cjs$/ }, ({ path }) => {
      let replaced = 0;
      const source = readFileSync(path, "utf8").replace(
        /\(0, _jsonHelper\.getJSON\)\(_path\["default"\]\.join\(dirname, ([^)]*)\)\)/g,
        (_call, parts) => {
          replaced += 1;
          return `require(${JSON.stringify(`./${join(...parts.split(", ").map(part => part.slice(1, -1)))}`)})`;
        },
      );
      if (replaced === 0)
        throw new Error(`${path} no longer reads its JSON as expected: look at esbuild.config.mjs`);
      return { contents: source, loader: "js", resolveDir: dirname(path) };
    });
  },
};

const [, , elsewhere, ...wanted] = process.argv;
const target = resolve(elsewhere ?? join(root, "dist"));
rmSync(target, { recursive: true, force: true });
const files = readdirSync(join(root, "functions"), { recursive: true, encoding: "utf8" }).filter(
  file =>
    file.endsWith(".ts") &&
    !file.endsWith(".test.ts") &&
    (wanted.length === 0 || wanted.includes(basename(file, ".ts"))),
);
// One call for all: what the functions share is read and parsed once.
await build({
  entryPoints: files.map(file => ({
    in: join(root, "functions", file),
    out: `${basename(file, ".ts")}/index`,
  })),
  outdir: target,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  sourcemap: elsewhere === undefined,
  sourcesContent: false,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
  // The framework keeps its registry in a module: a copy in the bundle would register where nobody looks.
  external: [FRAMEWORK],
  plugins: [tasksClient],
});
const manifest = { main: "index.js", dependencies: { [FRAMEWORK]: installed.dependencies[FRAMEWORK] } };
for (const file of files) {
  const path = join(target, basename(file, ".ts"), "package.json");
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
console.log(`Built ${files.length} functions into ${relative(process.cwd(), target)}/.`);
