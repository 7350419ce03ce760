import { readdirSync } from "node:fs";
import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import type { Declaration, Declared } from "../../shared/pipeline/declaration.ts";

/** One function, loaded, and the server the functions-framework made for it. It listens nowhere. */
export interface HostedFunction {
  declaration: Declaration;
  server: Server;
}

/**
 * Loads every file under `functions` and has the framework create each one's server, one after the other: a
 * function's front door takes the next server that is created.
 * @throws Error naming the file that declares no function, or two files that declare the same
 */
export async function loadFunctions(files = functionFiles()): Promise<HostedFunction[]> {
  const hosted = new Map<string, HostedFunction>();
  for (const file of files) {
    const { declaration } = declaredIn(await import(`../../functions/${file}`), file);
    if (hosted.has(declaration.name))
      throw new Error(`functions/${file}: "${declaration.name}" is declared twice`);
    hosted.set(declaration.name, hostFunction({ declaration }));
  }
  return [...hosted.values()];
}

/** Has the framework create the server of a function that was declared last. */
export function hostFunction({ declaration }: Declared): HostedFunction {
  return { declaration, server: getTestServer(declaration.name) };
}

/** The files that are deployed, as paths below `functions`: one file, one function. */
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
  throw new Error(`functions/${file} must export exactly one function; it exports ${declared.length}`);
}

function isDeclared(value: unknown): value is Declared {
  return typeof value === "function" && "declaration" in value;
}
