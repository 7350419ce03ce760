import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { RunningEmulator } from "./java-process.ts";
import { startJava } from "./java-process.ts";

/** Google's own Firestore and Pub/Sub emulators, parts of the Cloud SDK. */
export interface EmulatorJars {
  firestoreJar: string;
  pubsubJar: string;
}

/** The emulators and the Java that runs them. */
export interface GoogleEmulators extends EmulatorJars {
  java: string;
}

/** Oldest usable Java. Firestore's jar holds classes of Java 11, Pub/Sub's of Java 8. */
const MIN_JAVA = 11;

export const FIRESTORE_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";

/**
 * Finds the emulators and the newest Java in their usual places.
 * @returns `missing`, a sentence about the missing part and how to install it, when one of them is not found
 */
export function findGoogleEmulators(): GoogleEmulators | { missing: string } {
  const jars = findEmulatorJars();
  if ("missing" in jars) return jars;
  const found = findJava(MIN_JAVA);
  return "missing" in found ? found : { ...found, ...jars };
}

/** Finds the emulators of an installed Cloud SDK. @returns `missing`, a sentence, when they are not found */
export function findEmulatorJars(): EmulatorJars | { missing: string } {
  const root = sdkRoot();
  if (root === undefined) {
    return {
      missing: "The Google Cloud SDK is not installed: see https://cloud.google.com/sdk/docs/install",
    };
  }
  const firestoreJar = jarIn(join(root, "platform", "cloud-firestore-emulator"));
  const pubsubJar = jarIn(join(root, "platform", "pubsub-emulator", "lib"));
  if (firestoreJar === undefined || pubsubJar === undefined) {
    const components = "gcloud components install cloud-firestore-emulator pubsub-emulator";
    const packages = "google-cloud-cli-firestore-emulator and google-cloud-cli-pubsub-emulator";
    return {
      missing: `The Cloud SDK in ${root} has no emulators: run ${components}. Or install the packages ${packages}`,
    };
  }
  return { firestoreJar, pubsubJar };
}

/** Finds the newest Java in the usual places. @returns `missing`, a sentence, when it is too old or not found */
export function findJava(leastMajor: number): { java: string } | { missing: string } {
  const { java, major } = newestJava() ?? { java: "", major: 0 };
  if (major >= leastMajor) return { java };
  const missing = `Google's emulators need Java ${leastMajor} or newer: put one on PATH or name its folder in JAVA_HOME`;
  return { missing };
}

/** Starts an empty Firestore of Google's. @throws Error with the output when it ends before it is ready */
export function startGoogleFirestore({ java, firestoreJar }: GoogleEmulators): Promise<RunningEmulator> {
  return startJava(java, ["-Duser.language=en", "-cp", firestoreJar, FIRESTORE_MAIN]);
}

/** Starts an empty Pub/Sub of Google's. @throws Error with the output when it ends before it is ready */
export function startGooglePubSub({ java, pubsubJar }: GoogleEmulators): Promise<RunningEmulator> {
  return startJava(java, ["-jar", pubsubJar]);
}

function sdkRoot(): string | undefined {
  const named = process.env["CLOUDSDK_ROOT_DIR"];
  if (named && existsSync(join(named, "platform"))) return named;
  const gcloud = onPath("gcloud")[0];
  if (gcloud === undefined) return undefined;
  const beside = dirname(dirname(gcloud));
  // Saves the second that gcloud takes to answer. A wrapper script (snap) lies in another folder.
  return existsSync(join(beside, "platform")) ? beside : askedRoot(gcloud);
}

function askedRoot(gcloud: string): string | undefined {
  try {
    const root = execFileSync(gcloud, ["info", "--format=value(installation.sdk_root)"], {
      encoding: "utf8",
    });
    return root.trim() || undefined;
  } catch {
    return undefined;
  }
}

const jarIn = (folder: string): string | undefined =>
  namesIn(folder)
    .filter(name => name.endsWith(".jar"))
    .map(name => join(folder, name))[0];

/** Returns the programs of a name on PATH, with symbolic links resolved. */
function onPath(name: string): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const extensions = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return folders
    .flatMap(folder => extensions.map(extension => join(folder, name + extension)))
    .filter(file => existsSync(file))
    .map(file => realpathSync(file));
}

function newestJava(): { java: string; major: number } | undefined {
  const named = process.env["JAVA_HOME"];
  const homes = [
    ...(named ? [named] : []),
    ...onPath("java").map(file => dirname(dirname(file))),
    ...inside("/usr/lib/jvm"),
    ...inside("/Library/Java/JavaVirtualMachines").map(folder => join(folder, "Contents", "Home")),
    ...inside(join(homedir(), ".sdkman", "candidates", "java")),
  ];
  const found = homes
    .map(home => ({ java: javaIn(home), major: majorOf(home) }))
    .filter(({ java }) => existsSync(java));
  return found.sort((one, other) => other.major - one.major)[0];
}

const javaIn = (home: string): string =>
  join(home, "bin", process.platform === "win32" ? "java.exe" : "java");

/** Returns the major version in the file `release`, which every Java since 7 has; 0 without the file. */
function majorOf(home: string): number {
  try {
    const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, "release"), "utf8"));
    return Number(version?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const inside = (folder: string): string[] => namesIn(folder).map(name => join(folder, name));

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
