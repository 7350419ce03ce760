import { existsSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { FIRESTORE_MAIN, findEmulatorJars, findJava } from "../google/emulators.ts";
import { manifestJar } from "./manifest-jar.ts";

/** Min version of Java: firebase-tools 15 refuses older ones. */
const MIN_JAVA = 21;

/** The environment of firebase-tools, and the origin of the emulators in words. */
export interface EmulatorBinaries {
  environment: Record<string, string>;
  from: string;
}

/**
 * Finds a Java and the emulators of an installed Cloud SDK. Without an SDK, firebase-tools downloads emulators.
 * @param folder the folder for temporary files
 */
export function findEmulatorBinaries(folder: string): EmulatorBinaries | { missing: string } {
  const found = findJava(MIN_JAVA);
  if ("missing" in found) return found;
  const bin = dirname(found.java);
  const java = { JAVA_HOME: dirname(bin), PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const jars = findEmulatorJars();
  const script = "missing" in jars ? "" : pubsubScript(jars.pubsubJar);
  if ("missing" in jars || !existsSync(script)) {
    return { environment: java, from: "the emulators that firebase-tools downloads" };
  }
  // firebase-tools runs one jar, which has to name its main class. The SDK's jar names none.
  const firestore = join(folder, "firestore.jar");
  const attributes = { "Main-Class": FIRESTORE_MAIN, "Class-Path": pathToFileURL(jars.firestoreJar).href };
  writeFileSync(firestore, manifestJar(attributes));
  const binaries = { FIRESTORE_EMULATOR_BINARY_PATH: firestore, PUBSUB_EMULATOR_BINARY_PATH: script };
  return { environment: { ...java, ...binaries }, from: "the emulators of the installed Cloud SDK" };
}

/** Returns the command that starts the Pub/Sub emulator, which lies beside the jar's folder. */
function pubsubScript(jar: string): string {
  const name = process.platform === "win32" ? "cloud-pubsub-emulator.bat" : "cloud-pubsub-emulator";
  return join(dirname(dirname(jar)), "bin", name);
}
