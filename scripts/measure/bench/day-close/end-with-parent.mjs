// Loaded before the functions-framework's own command: whoever started this process holds its standard input, and when
// they are gone nobody would end it. Plain JavaScript, because reading TypeScript takes memory that no instance has.
process.stdin.resume().on("close", () => process.exit());
