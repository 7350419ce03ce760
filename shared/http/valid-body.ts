import * as v from "valibot";
import { wordsOf } from "../events/define.ts";
import type { ValidationFault } from "../events/fault.ts";
import { describeKind, describeValue, faultList, pointerTo } from "../events/fault.ts";
import { Problem } from "./problem.ts";

/**
 * A command's body as its schema describes it. Of a `v.strictObject` each missing and each unknown field is a fault
 * of its own; a message of the schema's own says what is expected instead of unknown fields.
 * @throws Problem 422 that lists the faults (the first fifty), with what was expected and what came
 */
export function validBody<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  const checked = v.safeParse(schema, body);
  if (checked.success) return checked.output;
  throw invalidBody(checked.issues.flatMap(issue => faultsOf(issue, schema)));
}

/** The refusal of a body for faults that only the owner could see; of these too the first fifty are listed. */
export function invalidBody(faults: readonly ValidationFault[]): Problem {
  const listed = faultList();
  faults.forEach(listed.add);
  return new Problem({
    status: 422,
    slug: "invalid-body",
    detail: "The body is not as this command demands.",
    faults: listed.list(),
  });
}

type Issue = v.BaseIssue<unknown>;
type Path = readonly (string | number)[];

function faultsOf(issue: Issue, schema: Schema): ValidationFault[] {
  const path = (issue.path ?? []).map(item => item.key as string | number);
  const last = issue.path?.at(-1);
  const ofStrictObject = issue.type === "strict_object";
  if (!ofStrictObject || last?.origin !== "key") {
    const isOwnMessage = !ofStrictObject || !issue.message.startsWith("Invalid type: ");
    return [
      {
        pointer: pointerTo(...path),
        expected: isOwnMessage ? issue.message : "an object",
        received: describeValue(issue.input),
      },
    ];
  }
  const holder = path.slice(0, -1);
  const fields = fieldsAt(schema, holder) ?? {};
  if (issue.expected === "never") return unknownFields(issue, { fields, holder, sent: Object(last.input) });
  const entry = fields[String(last.key)] ?? {};
  return [{ pointer: pointerTo(...path), expected: wordsOf(entry), received: "nothing" }];
}

/** Valibot names only the first field that an object may not have. */
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

/** The parts of a schema that hold other schemas. */
interface Schema {
  readonly type: string;
  readonly entries?: Fields;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly pipe?: readonly Partial<Schema>[];
}
type Fields = Readonly<Record<string, Schema>>;

/** The fields of the object at a path below a schema; of several descriptions in a pipe the first that has any. */
function fieldsAt(schema: Partial<Schema>, path: Path): Fields | undefined {
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
