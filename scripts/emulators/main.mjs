import "../check-install.mjs";

const { startOnEmulators } = await import("./start.ts");
await startOnEmulators(process.argv.slice(2));
