import { isUtf8 } from "node:buffer";
import type { HttpRequest } from "./handler.ts";
import { inexactValues } from "./json-exactness.ts";
import { Problem } from "./problem.ts";

export type JsonObject = Record<string, unknown>;

/** Firestore refuses maps and arrays nested deeper than 20; what stores an event wraps it a few levels more. */
const MAX_DEPTH = 16;

const JSON_TYPE = /^application\/json(?:[ \t]*;[ \t]*charset="?(?:utf-8|us-ascii)"?)?[ \t]*$/i;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/**
 * The body as a JSON object. Its keys are data: a key like `__proto__` is an own property of the result,
 * so copy it only with Object.defineProperty or into something without a prototype.
 * @throws Problem 415 for another media type or charset; 400 when it is not UTF-8, not JSON, not an object
 * or nested deeper than `maxDepth`; 422 for values that would change on their way (1e999, half a surrogate pair)
 */
export function readJsonObject(request: HttpRequest, { maxDepth = MAX_DEPTH } = {}): JsonObject {
  if (request.body.length === 0) throw refused("body-empty", "Send a JSON object as the body.");
  if (!JSON_TYPE.test(request.headers["content-type"]?.trim() ?? "")) throw notJsonType();
  if (!isUtf8(request.body)) throw refused("not-utf-8", "The body is not valid UTF-8.");
  if (depthOf(request.body) > maxDepth) {
    throw refused("json-too-deep", `Objects and arrays may be nested at most ${maxDepth} levels deep.`);
  }
  const value = parse(request.body);
  if (!isObject(value)) throw refused("not-an-object", `Send a JSON object; ${kindOf(value)} came.`);
  const faults = inexactValues(value);
  if (faults.length > 0) {
    throw new Problem({
      status: 422,
      slug: "inexact-values",
      detail: "Some values would not arrive as they were sent.",
      faults,
    });
  }
  return value;
}

function parse(body: Buffer): unknown {
  // TextDecoder also takes a byte order mark away.
  const text = new TextDecoder().decode(body);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused("not-json", `The body is not JSON${positionIn(error, text)}.`);
  }
}

/** The parser's own message quotes the body, which may hold personal data: only the position is taken from it. */
function positionIn(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : "";
  if (message.includes("end of JSON input")) return `: it ends too early, at position ${text.length}`;
  const position = / at position (\d+)/.exec(message)?.[1];
  return position === undefined ? "" : `: it breaks at position ${position}`;
}

/** Counted on the bytes, without recursion: 20,000 open brackets must not cost a stack. */
function depthOf(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] ?? 0;
    if (byte === QUOTE) inString = !inString;
    else if (inString) index += byte === BACKSLASH ? 1 : 0;
    else if (OPENERS.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSERS.has(byte)) depth -= 1;
  }
  return deepest;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

function refused(slug: string, detail: string): Problem {
  return new Problem({ status: 400, slug, detail });
}

function notJsonType(): Problem {
  return new Problem({
    status: 415,
    slug: "not-json-type",
    detail: "Send content-type: application/json, in UTF-8.",
    headers: { accept: "application/json" },
  });
}
