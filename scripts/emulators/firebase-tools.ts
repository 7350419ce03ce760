import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("firebase-tools", import.meta.url));

/**
 * The command of firebase-tools. It is a package of its own with more than 600 others below it, so it is installed on
 * its first use, from a lock file of its own. Without install scripts: the native build among them is for hosting.
 * @param say gets a sentence before something takes long
 * @throws Error with npm's own words when it cannot be installed
 */
export function installedFirebaseTools(say: (sentence: string) => void): string {
  const tools = join(folder, "node_modules", "firebase-tools");
  if (versionIn(join(tools, "package.json")) !== wantedVersion()) {
    say("Installing firebase-tools, once: a quarter of a minute to two, and some 300 MB.");
    install();
  }
  return join(tools, "lib", "bin", "firebase.js");
}

function install(): void {
  // npm names itself to what it runs; whoever starts this by hand has one on PATH.
  const npm = process.env["npm_execpath"];
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const [command, ...first] = npm ? [process.execPath, npm] : ["npm"];
  const { status, stderr, error } = spawnSync(command, [...first, ...args], {
    cwd: folder,
    encoding: "utf8",
    shell: !npm && process.platform === "win32",
  });
  if (status !== 0) throw new Error(`firebase-tools could not be installed: ${error?.message ?? stderr}`);
}

function wantedVersion(): string {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies["firebase-tools"];
}

function versionIn(path: string): string | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : undefined;
}
