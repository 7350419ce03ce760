// The first file an npm script runs: plain JavaScript that any Node can read, because an old one cannot read
// the rest. `npm ci` brings the right Node along, as the package `node`.
import { existsSync } from "node:fs";

const NEEDED = 24;

if (!existsSync(new URL("../node_modules/valibot", import.meta.url))) {
  stop("PulseCart is not installed here yet: run `npm ci` first.");
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
