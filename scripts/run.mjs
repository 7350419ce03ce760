// Runs what an npm script names: `node scripts/run.mjs FILE.ts [ARGUMENT ...]` or an installed tool such as jest. The
// installation is checked first, so that a missing package or an old Node ends in a sentence.
import "./check-install.mjs";
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";

const [name, ...args] = process.argv.slice(2);
const root = new URL("../", import.meta.url);
if (/\.m?ts$|\.mjs$/.test(name)) {
  const file = fileURLToPath(new URL(`scripts/${name}`, root));
  process.argv.splice(1, process.argv.length, file, ...args);
  await import(pathToFileURL(file).href);
} else {
  const tool = fileURLToPath(new URL(`node_modules/.bin/${name}`, root));
  const { status, signal } = spawnSync(tool, args, { stdio: "inherit" });
  process.exitCode = status ?? (signal === "SIGINT" ? 130 : 1);
}
