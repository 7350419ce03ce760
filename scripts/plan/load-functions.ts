import { readdirSync } from "node:fs";
import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import type { Declaration, Declared } from "../../shared/pipeline/declaration.ts";

/** One loaded function, and its server of the functions-framework. The server does not listen yet. */
export interface HostedFunction {
  declaration: Declaration;
  server: Server;
}

/**
 * Loads every file under `functions` and creates the framework's server of each.
 * Functions load one after the other, because a function's front door wraps the next server that is created.
 * @throws Error with the name of a file that declares no function, or the name of another file's function
 */
export async function loadFunctions(files = functionFiles()): Promise<HostedFunction[]> {
  const hosted = new Map<string, HostedFunction>();
  for (const file of files) {
    const { declaration } = declaredIn(await import(`../../functions/${file}`), file);
    if (hosted.has(declaration.name))
      throw new Error(`functions/${file} invalid: "${declaration.name}" is declared in another file, too.`);
    hosted.set(declaration.name, hostFunction({ declaration }));
  }
  return [...hosted.values()];
}

/** Creates the framework's server of the function that was declared last. */
export function hostFunction({ declaration }: Declared): HostedFunction {
  return { declaration, server: getTestServer(declaration.name) };
}

/** Returns the deployed files as paths below `functions`. Each file declares one function. */
export function functionFiles(): string[] {
  const folder = fileURLToPath(new URL("../../functions", import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(file => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map(file => file.replaceAll("\\", "/"))
    .sort();
}

function declaredIn(module: Record<string, unknown>, file: string): Declared {
  const declared = Object.values(module).filter(isDeclared);
  const [first] = declared;
  if (first && declared.length === 1) return first;
  throw new Error(
    `functions/${file} invalid: expected exactly one exported function, got ${declared.length}.`,
  );
}

function isDeclared(value: unknown): value is Declared {
  return typeof value === "function" && "declaration" in value;
}
