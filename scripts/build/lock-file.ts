/** One package in a lock file. */
interface LockedPackage {
  resolved?: string;
  dev?: boolean;
  devOptional?: boolean;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}

/** The parts of a package-lock.json of version 2 or 3 that this file reads. */
interface LockFile {
  packages: Readonly<Record<string, LockedPackage>>;
}

/** The package.json that a lock file belongs to. */
interface Manifest {
  name: string;
  dependencies: Readonly<Record<string, string>>;
}

interface Dependency {
  name: string;
  /** The place of the package that depends on it. */
  above: string;
  optional?: boolean;
}

/**
 * Returns the lock file of one package: the same versions and checksums as in the whole repository's lock file.
 * The file names no registry, so npm installs from the configured one.
 * @throws Error with the name of a package that the whole lock file lacks
 */
export function lockFileOf(whole: LockFile, manifest: Manifest): { packages: Record<string, object> } {
  const found = new Map<string, LockedPackage>();
  const waiting: Dependency[] = Object.keys(manifest.dependencies).map(name => ({ name, above: "" }));
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

/** Returns the place of a package: the nearest node_modules at or above the package that depends on it. */
function placeOf(packages: LockFile["packages"], { name, above }: Dependency): string | undefined {
  for (let folder = above; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (folder === "") return undefined;
  }
}
