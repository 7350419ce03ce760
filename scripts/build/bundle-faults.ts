/** Google's clients that a function loads at its first use, because most starts do not need them. */
const LAZY_CLIENTS = /node_modules\/@google-cloud\/(pubsub|tasks)\//;
const NOT_DEPLOYED = /^scripts\//;

/** esbuild's metafile: the inputs of every output, by paths from the root. */
interface Metafile {
  inputs: Readonly<Record<string, { imports: readonly { path: string; kind?: string }[] }>>;
  outputs: Readonly<Record<string, { entryPoint?: string; inputs: object }>>;
}

/**
 * Finds modules that a bundle must not hold: modules of `scripts`, and Google's clients that every start would load.
 * @returns a sentence for each module of `scripts`, and at most one for the clients
 */
export function bundleFaults({ inputs, outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ entryPoint, inputs: parts }) => {
    if (entryPoint === undefined) return [];
    const deployed = Object.keys(parts).filter(path => NOT_DEPLOYED.test(path));
    const early = loadedAtOnce(inputs, entryPoint).filter(path => LAZY_CLIENTS.test(path));
    return [
      ...deployed.map(path => `${entryPoint}: ${path} is not for deployment`),
      ...early
        .slice(0, 1)
        .map(path => `${entryPoint}: ${path} is loaded at every start: load it with import()`),
    ];
  });
}

/** Returns every module that the entry point imports statically, directly or indirectly. */
function loadedAtOnce(inputs: Metafile["inputs"], entryPoint: string): string[] {
  const seen = new Set([entryPoint]);
  for (const path of seen) {
    for (const { path: next, kind } of inputs[path]?.imports ?? []) {
      if (kind !== "dynamic-import") seen.add(next);
    }
  }
  return [...seen];
}
