// `npm run build`: bundles each file under functions into a folder dist/<function>/, which is deployed:
//
// - bundle.js          the function with all its imports, except the functions-framework, which stays a package
// - bundle.js.map      a source map of PulseCart's own code, for stack traces
// - index.js           the entry point, which loads the bundle
// - package.json       names the entry point and the functions-framework
// - package-lock.json  the versions of the whole repository's lock file
// - .gcloudignore      uploads exactly these files
//
// dist/ itself gets one module with all functions, for `firebase emulators:start`.
// The first argument names another folder than dist, for tests. Its bundles have no source maps and take a quarter of
// the time. More arguments name functions; the default is all.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleFaults } from "./scripts/build/bundle-faults.ts";
import { lockFileOf } from "./scripts/build/lock-file.ts";
import { ownSourceMap } from "./scripts/build/own-source-map.ts";

const root = dirname(fileURLToPath(import.meta.url));
const FRAMEWORK = "@google-cloud/functions-framework";
const installed = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));

/**
 * Replaces computed paths in the Cloud Tasks client by plain require() calls, because a bundler cannot follow them.
 * Only v2 of the client's three versions is bundled.
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
        throw new Error(`${path} changed: expected a getJSON call, adapt tasksClient in esbuild.config.mjs.`);
      return { contents: source, loader: "js", resolveDir: dirname(path) };
    });
  },
};

/**
 * The folder with compiled code. Loading and compiling the bundle is most of a cold start. The script `gcp-build`
 * compiles it in Google's build, on the function's own Node. Without compiled code a function starts a little later.
 */
const COMPILED = ".compile-cache";
const GCP_BUILD = `NODE_COMPILE_CACHE=${COMPILED} CALLER_AUTH=iam GCP_PROJECT_ID=none node --eval "require('./index.js')" && chmod -R a+rX ${COMPILED} || true`;
const ENTRY = `"use strict";
// Made by npm run build.
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");

const compiled = \`\${__dirname}/${COMPILED}\`;
if (existsSync(compiled)) enableCompileCache(compiled);
process.setSourceMapsEnabled(true);
module.exports = require("./bundle.js");
`;

const [, , elsewhere, ...wanted] = process.argv;
const target = resolve(elsewhere ?? join(root, "dist"));
rmSync(target, { recursive: true, force: true });
const files = readdirSync(join(root, "functions"), { recursive: true, encoding: "utf8" }).filter(
  file =>
    file.endsWith(".ts") &&
    !file.endsWith(".test.ts") &&
    (wanted.length === 0 || wanted.includes(basename(file, ".ts"))),
);
// One call for all functions, so that shared modules are read and parsed once.
const { metafile } = await build({
  absWorkingDir: root,
  metafile: true,
  entryPoints: files.map(file => ({
    in: join(root, "functions", file),
    out: `${basename(file, ".ts")}/bundle`,
  })),
  outdir: target,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  sourcemap: elsewhere === undefined,
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  // The framework keeps its registry in a module. A copy in the bundle would be another registry, which stays unread.
  external: [FRAMEWORK],
  plugins: [tasksClient],
});
const faults = bundleFaults(metafile);
if (faults.length > 0) throw new Error(faults.join("\n"));
for (const file of files) {
  const name = basename(file, ".ts");
  const write = (path, text) => writeFileSync(join(target, name, path), text);
  const manifest = {
    name,
    private: true,
    main: "index.js",
    scripts: { "gcp-build": GCP_BUILD },
    dependencies: { [FRAMEWORK]: installed.dependencies[FRAMEWORK] },
  };
  if (elsewhere === undefined) write("bundle.js.map", JSON.stringify(ownMapOf(name)));
  write("index.js", ENTRY);
  write("package.json", json(manifest));
  write("package-lock.json", json(lockFileOf(locked, manifest)));
  write(".gcloudignore", readFileSync(join(root, ".gcloudignore")));
}
if (elsewhere === undefined) await buildForEmulators();
console.log(`Built ${files.length} functions into ${relative(process.cwd(), target)}/.`);

/** Writes the files that `firebase emulators:start` loads the functions by. `npm run deploy` ignores them. */
async function buildForEmulators() {
  // Loading a function for its declaration needs a complete configuration.
  Object.assign(process.env, { GCP_PROJECT_ID: "none", CALLER_AUTH: "iam" });
  const { declarations } = await import("./scripts/plan/declarations.ts");
  const { functionsYaml } = await import("./scripts/emulators/functions-yaml.ts");
  await build({
    stdin: {
      contents: `import { hostFunctions } from "./scripts/emulators/host.ts"; module.exports = hostFunctions(__dirname);`,
      resolveDir: root,
    },
    outfile: join(target, "index.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    logLevel: "warning",
  });
  writeFileSync(join(target, "functions.yaml"), functionsYaml(await declarations()));
  writeFileSync(join(target, "package.json"), json({ private: true, main: "index.js" }));
}

/** Reduces a source map to PulseCart's own code. Every start reads the map, and a map of all packages has 5 MB. */
function ownMapOf(name) {
  const map = JSON.parse(readFileSync(join(target, name, "bundle.js.map"), "utf8"));
  return ownSourceMap(map, source => !source.includes("node_modules/"));
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
