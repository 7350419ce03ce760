/** Google's clients that not every start needs: they are loaded by the first call that does. */
const LATER = /node_modules\/@google-cloud\/(pubsub|tasks)\//;
const NOT_DEPLOYED = /^scripts\//;

/** esbuild's account of what it made of what, by paths from the root. */
interface Metafile {
  inputs: Readonly<Record<string, { imports: readonly { path: string; kind?: string }[] }>>;
  outputs: Readonly<Record<string, { entryPoint?: string; inputs: object }>>;
}

/**
 * What is in a bundle and should not be, in sentences: anything of `scripts`, and Google's clients in what runs at
 * every start.
 */
export function bundleFaults({ inputs, outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ entryPoint, inputs: parts }) => {
    if (entryPoint === undefined) return [];
    const deployed = Object.keys(parts).filter(path => NOT_DEPLOYED.test(path));
    const early = loadedAtOnce(inputs, entryPoint).filter(path => LATER.test(path));
    return [
      ...deployed.map(path => `${entryPoint}: ${path} is not for deployment`),
      ...early.slice(0, 1).map(path => `${entryPoint}: ${path} is loaded at every start; import() it`),
    ];
  });
}

/** Everything that the entry point imports without import(), and what that does. */
function loadedAtOnce(inputs: Metafile["inputs"], entryPoint: string): string[] {
  const seen = new Set([entryPoint]);
  for (const path of seen) {
    for (const { path: next, kind } of inputs[path]?.imports ?? []) {
      if (kind !== "dynamic-import") seen.add(next);
    }
  }
  return [...seen];
}
