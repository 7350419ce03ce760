interface Locked {
  resolved?: string;
  dev?: boolean;
  devOptional?: boolean;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}

/** Of a package-lock.json of version 2 or 3, what is read here. */
interface LockFile {
  packages: Readonly<Record<string, Locked>>;
}

/** The package.json that a lock file belongs to. */
interface Manifest {
  name: string;
  dependencies: Readonly<Record<string, string>>;
}

interface Wanted {
  name: string;
  /** The place of who asks for it. */
  above: string;
  optional?: boolean;
}

/**
 * The lock file of one package of a larger one: the same versions and checksums of it and of everything below it. No
 * registry is named in it, so it installs from whichever is configured.
 * @throws Error naming what the larger one lacks
 */
export function lockFileOf(whole: LockFile, manifest: Manifest): { packages: Record<string, object> } {
  const found = new Map<string, Locked>();
  const waiting: Wanted[] = Object.keys(manifest.dependencies).map(name => ({ name, above: "" }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const place = placeOf(whole.packages, next);
    if (place === undefined && next.optional) continue;
    if (place === undefined) throw new Error(`package-lock.json lacks ${next.name}: run npm install`);
    if (found.has(place)) continue;
    const {
      resolved: _registry,
      dev: _dev,
      devOptional: _devOptional,
      ...locked
    } = whole.packages[place] ?? {};
    found.set(place, locked);
    const { dependencies = {}, optionalDependencies = {} } = locked;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      waiting.push({ name, above: place, optional: name in optionalDependencies });
    }
  }
  const packages = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  const { name, dependencies } = manifest;
  const itself = { name, dependencies };
  const format = { name, lockfileVersion: 3, requires: true };
  return { ...format, packages: { "": itself, ...Object.fromEntries(packages) } };
}

/** Where Node would find it: in the nearest node_modules at or above the package that asks. */
function placeOf(packages: LockFile["packages"], { name, above }: Wanted): string | undefined {
  for (let folder = above; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (folder === "") return undefined;
  }
}
