// Loaded before the functions-framework's own command. The parent process holds this standard input, so its end means
// that the parent is gone. Plain JavaScript, because the TypeScript loader needs more memory than an instance has.
process.stdin.resume().on("close", () => process.exit());
