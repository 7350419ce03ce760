// Checks the installation before an npm script runs. Plain JavaScript, because an old Node cannot read TypeScript.
// `npm ci` brings the right Node, as the package `node`.
import { existsSync, readFileSync } from "node:fs";

const NEEDED = 24;

const { dependencies, devDependencies } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);
const missing = Object.keys({ ...dependencies, ...devDependencies }).filter(
  name => !existsSync(new URL(`../node_modules/${name}/package.json`, import.meta.url)),
);
if (missing.length > 0) {
  stop(`PulseCart is not completely installed here (${missing[0]} is missing): run \`npm ci\` first.`);
}
if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  stop(
    `PulseCart runs on Node ${NEEDED}, this is ${process.versions.node}. ` +
      "`npm ci` brings the right one, unless it ran with --ignore-scripts: run `npm rebuild node`, then use npm's scripts.",
  );
}

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}
