import "../check-install.mjs";

await import("./start.ts");
