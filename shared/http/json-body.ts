import { isUtf8 } from "node:buffer";
import type { CheckedJson } from "../events/checked-json.ts";
import { checkJson, MAX_JSON_DEPTH } from "../events/checked-json.ts";
import type { ValidationFault } from "../events/fault.ts";
import { faultList } from "../events/fault.ts";
import type { JsonObject } from "../events/json-object.ts";
import { isJsonObject } from "../events/json-object.ts";
import type { HttpRequest } from "./handler.ts";
import { isJsonType } from "./json-type.ts";
import { Problem } from "./problem.ts";
import { countKeys, repeatedKeys } from "./repeated-keys.ts";

/**
 * Reads the body as a JSON object. A key such as `__proto__` is an own property of the result. Copy such keys only with
 * Object.defineProperty, or into an object without a prototype.
 * @throws Problem as `readCheckedObject` does
 */
export function readJsonObject(request: HttpRequest): JsonObject {
  return readCheckedObject(request).value;
}

/**
 * Reads the body as a JSON object, with the result of the walk over its values.
 * @throws Problem 415 for another media type or charset
 * @throws Problem 400 when the body is not UTF-8, not JSON, nested deeper than 32 levels or not an object
 * @throws Problem 422 for keys that occur twice in one object (RFC 8259, 4)
 * @throws Problem 422 for values that would change on their way (1e999, half a surrogate pair)
 */
export function readCheckedObject(request: HttpRequest): CheckedJson<JsonObject> {
  if (request.body.length === 0) throw refused("body-empty", "Send a JSON object as the body.");
  if (!isJsonType(request.headers["content-type"] ?? "")) throw notJsonType();
  if (!isUtf8(request.body)) throw refused("not-utf-8", "The body is not valid UTF-8.");
  // TextDecoder also removes a byte order mark.
  const text = new TextDecoder().decode(request.body);
  const checked = checkJson(parse(text));
  if (checked.isTooDeep) {
    throw refused("json-too-deep", `Nest objects and arrays at most ${MAX_JSON_DEPTH} levels deep.`);
  }
  const { value } = checked;
  if (!isJsonObject(value)) throw refused("not-an-object", `Send a JSON object, not ${kindOf(value)}.`);
  if (countKeys(text) !== checked.keyCount) throw repeatedKey(text);
  if (checked.inexact.length > 0) throw inexactValues(checked);
  return { ...checked, value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused("not-json", `The body is not JSON${positionIn(error, text)}.`);
  }
}

/** Keeps only the position of the parser's message: its text quotes the body, which may hold personal data. */
function positionIn(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : "";
  if (message.includes("end of JSON input")) return `: it ends too early, at position ${text.length}`;
  const position = / at position (\d+)/.exec(message)?.[1];
  return position === undefined ? "" : `: it breaks at position ${position}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

function repeatedKey(text: string): Problem {
  const detail = "Some keys occur more than once in one object, and readers disagree about which one counts.";
  return unprocessable({ slug: "repeated-keys", detail }, repeatedKeys(text));
}

function inexactValues({ inexact }: CheckedJson): Problem {
  const detail = "Some values cannot be kept exactly as they were sent.";
  return unprocessable({ slug: "inexact-values", detail }, inexact);
}

function unprocessable(about: { slug: string; detail: string }, found: readonly ValidationFault[]): Problem {
  const faults = faultList();
  found.forEach(faults.add);
  return new Problem({ status: 422, ...about, faults: faults.list() });
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
