type WritableObject = Record<string, unknown>;

/** Copies a body as JSON sends it. */
export function copyOf(body: Readonly<WritableObject>): WritableObject {
  return JSON.parse(JSON.stringify(body));
}

/** Changes the value at a JSON Pointer. Does nothing when the parent is missing. */
export function setAt(body: WritableObject, pointer: string, change: (before: unknown) => unknown): void {
  const path = pointer.split("/").slice(1);
  const last = path.pop() ?? "";
  const parent = path.reduce<unknown>((at, name) => (isContainer(at) ? at[name] : undefined), body);
  if (isContainer(parent)) parent[last] = change(parent[last]);
}

/** Tells whether a value has fields: an object or, unlike a JSON object, also an array. */
function isContainer(value: unknown): value is WritableObject {
  return typeof value === "object" && value !== null;
}
