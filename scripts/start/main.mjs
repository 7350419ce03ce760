import { setFlagsFromString } from "node:v8";
import "../check-install.mjs";

// What lives here is some 70 MB, however much goes through. V8 would let garbage pile up to eight times that before
// it looks for it; this machine is somebody's desk, and looking earlier costs nothing that `npm run bench:local`
// could see. V8 reads both whenever it decides how far to let its heap grow.
setFlagsFromString("--heap-growing-percent=40");
setFlagsFromString("--semi-space-growth-factor=1");

const { start } = await import("./start.ts");
await start(process.argv.slice(2));
