import { invalidArgument } from "../rpc-error.ts";

/** A kind of resource name. The first group of the pattern is the parent's name. */
export interface NameKind {
  noun: string;
  pattern: RegExp;
  /** The form of the name, in words. */
  form: string;
}

/**
 * Returns the parent of a resource, by the resource's name.
 * @throws RpcError INVALID_ARGUMENT for a name that breaks Google's rules
 */
export function parentOf({ noun, pattern, form }: NameKind, name: string): string {
  const parent = pattern.exec(name)?.[1];
  if (parent) return parent;
  throw invalidArgument(`Malformed ${noun} name "${name}": it must be ${form}.`);
}

/** Returns the last part of a resource name. Google's messages and headers show only this part. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
