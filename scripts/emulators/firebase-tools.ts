import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("firebase-tools", import.meta.url));

/**
 * Returns the command of firebase-tools, and installs the package on its first use.
 * The package has more than 600 dependencies, so it has a lock file of its own. Its install scripts are not run: the
 * native build among them is for hosting only.
 * @param say gets a sentence before a long installation
 * @throws Error with npm's own message when the installation fails
 */
export function installedFirebaseTools(say: (sentence: string) => void): string {
  const tools = join(folder, "node_modules", "firebase-tools");
  if (versionIn(join(tools, "package.json")) !== wantedVersion()) {
    say("Installing firebase-tools once: 15 s to 2 min, some 300 MB.");
    install();
  }
  return join(tools, "lib", "bin", "firebase.js");
}

function install(): void {
  // npm passes its own path to its scripts. A start by hand uses the npm on PATH.
  const npm = process.env["npm_execpath"];
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const [command, ...first] = npm ? [process.execPath, npm] : ["npm"];
  const { status, stderr, error } = spawnSync(command, [...first, ...args], {
    cwd: folder,
    encoding: "utf8",
    shell: !npm && process.platform === "win32",
  });
  if (status !== 0) throw new Error(`firebase-tools not installed: ${error?.message ?? stderr}`);
}

function wantedVersion(): string {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies["firebase-tools"];
}

function versionIn(path: string): string | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : undefined;
}
