// Jest runs CommonJS; this turns each TypeScript or ES module into it, with esbuild, one file at a time.
// Dynamic imports become require(): Jest's own module system cannot follow a native import() from CommonJS.
const { createHash } = require("node:crypto");
const { transformSync, version } = require("esbuild");

const options = {
  format: "cjs",
  target: "node24",
  sourcemap: "inline",
  supported: { "dynamic-import": false },
  define: { "import.meta.url": "__importMetaUrl" },
  banner: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
};

module.exports = {
  getCacheKey: (source, path) =>
    createHash("sha1")
      .update(JSON.stringify([version, options, path, source]))
      .digest("hex"),
  process: (source, path) =>
    transformSync(source, {
      ...options,
      loader: path.endsWith(".ts") ? "ts" : "js",
      sourcefile: path,
    }),
};
