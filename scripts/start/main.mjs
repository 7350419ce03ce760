import { setFlagsFromString } from "node:v8";
import "../check-install.mjs";

// The live heap is some 70 MB, whatever the traffic. V8 lets garbage grow to eight times that size by default. Earlier
// collection keeps a developer's machine free, and `npm run bench:local` measured no cost. V8 reads both flags
// whenever it decides about the size of its heap.
setFlagsFromString("--heap-growing-percent=40");
setFlagsFromString("--semi-space-growth-factor=1");

const { start } = await import("./start.ts");
await start(process.argv.slice(2));
