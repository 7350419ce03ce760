import * as v from "valibot";
import type { SchemaPart } from "../events/define.ts";
import { isPersonalSchema, wordsOf } from "../events/define.ts";
import type { ValidationFault } from "../events/fault.ts";
import { describeKind, describeValue, faultList, pointerTo } from "../events/fault.ts";
import { Problem } from "./problem.ts";

/**
 * Checks a command's body against its schema. In a `v.strictObject` each missing and each unknown field is a separate
 * fault. A strict object may bring its own message for unknown fields. The faults never repeat text that people write.
 * @throws Problem 422 that lists the first fifty faults: the expected value, and the received value or its kind
 */
export function validBody<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  const checked = v.safeParse(schema, body);
  if (checked.success) return checked.output;
  throw invalidBody(checked.issues.flatMap(issue => faultsOf(issue, schema)));
}

/** Creates the 422 that lists the first fifty faults of a command's body, those of its owner's rules included. */
export function invalidBody(faults: readonly ValidationFault[]): Problem {
  const listed = faultList();
  faults.forEach(listed.add);
  return new Problem({
    status: 422,
    slug: "invalid-body",
    detail: "The body of this command is invalid.",
    faults: listed.list(),
  });
}

type Issue = v.BaseIssue<unknown>;
type Path = readonly (string | number)[];
type Fields = NonNullable<SchemaPart["entries"]>;

function faultsOf(issue: Issue, schema: SchemaPart): ValidationFault[] {
  const path = (issue.path ?? []).map(item => item.key as string | number);
  const last = issue.path?.at(-1);
  const ofStrictObject = issue.type === "strict_object";
  if (!ofStrictObject || last?.origin !== "key") {
    const describe = isPersonalAt(schema, path) ? describeKind : describeValue;
    const isOwnMessage = !ofStrictObject || !issue.message.startsWith("Invalid type: ");
    return [
      {
        pointer: pointerTo(...path),
        expected: isOwnMessage ? issue.message : "an object",
        received: describe(issue.input),
      },
    ];
  }
  const holder = path.slice(0, -1);
  const fields = fieldsAt(schema, holder) ?? {};
  if (issue.expected === "never") return unknownFields(issue, { fields, holder, sent: Object(last.input) });
  const entry = fields[String(last.key)] ?? {};
  return [{ pointer: pointerTo(...path), expected: wordsOf(entry), received: "nothing" }];
}

/** Lists every unknown field. Valibot names only the first one. */
function unknownFields(
  { message }: Issue,
  { fields, holder, sent }: { fields: Fields; holder: Path; sent: object },
): ValidationFault[] {
  const expected = message.startsWith("Invalid key: ") ? "no field of this name" : message;
  return Object.entries(sent)
    .filter(([name]) => !Object.hasOwn(fields, name))
    .map(([name, value]) => ({
      pointer: pointerTo(...holder, name),
      expected,
      received: describeKind(value),
    }));
}

/** Tells whether the schema of the value at a path is marked as personal. */
function isPersonalAt(schema: SchemaPart, path: Path): boolean {
  const key = path.at(-1);
  const part = typeof key === "string" ? fieldsAt(schema, path.slice(0, -1))?.[key] : undefined;
  return part !== undefined && isPersonalSchema(part);
}

/** Finds the fields of the object at a path below a schema. In a pipe the first step with fields counts. */
function fieldsAt(schema: SchemaPart, path: Path): Fields | undefined {
  for (const step of schema.pipe ?? []) {
    const found = fieldsAt(step, path);
    if (found) return found;
  }
  if (schema.wrapped) return fieldsAt(schema.wrapped, path);
  const [key, ...rest] = path;
  if (key === undefined) return schema.entries;
  const below = schema.item ?? schema.entries?.[key];
  return below && fieldsAt(below, rest);
}
