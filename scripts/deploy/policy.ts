import type { Command, Found, Resource } from "./resource.ts";
import { FILE } from "./resource.ts";

/** A role, and the accounts that have it on one resource. */
export interface Binding {
  role: string;
  members: readonly string[];
}

/** The declaration of a policy. */
export interface PolicyDeclaration {
  /** The resource in words: "topic pulsecart.commerce-events". */
  of: string;
  why: string;
  /** The command group of gcloud: `pubsub topics`. */
  group: readonly string[];
  /** The resource's name and the flags with its location. */
  target: readonly string[];
  bindings: readonly Binding[];
  functionName?: string;
}

/**
 * Returns the policy of a resource of PulseCart, written as a whole in one step.
 * Rights that an administrator gave by hand are read first and stay.
 */
export function policy({ of, why, group, target, bindings, functionName }: PolicyDeclaration): Resource {
  const wanted = bindings.filter(({ members }) => members.length > 0);
  const write = (found: Found | undefined): Command[] => [
    { args: [...group, "set-iam-policy", ...place(target, FILE)], input: { text: merged(found, wanted) } },
  ];
  return {
    kind: "policy",
    name: of,
    why,
    read: { args: [...group, "get-iam-policy", ...target], find: policyIn },
    wanted: { bindings: wanted },
    differences: found => missing(found, wanted),
    create: write(undefined),
    update: write,
    functionName,
  };
}

/** Places the policy's file after the resource's name, as gcloud expects. */
const place = ([name = "", ...flags]: readonly string[], file: string) => [name, file, ...flags];

/** Returns the policy in an answer. An answer without bindings means that no policy was ever written. */
export function policyIn(answer: unknown): Found | undefined {
  const found = Object(answer ?? {}) as Found;
  return Array.isArray(found["bindings"]) ? found : undefined;
}

interface GivenBinding extends Binding {
  condition?: unknown;
}

/** Returns the bindings of a policy. */
export function bindingsIn(found: Found | undefined): GivenBinding[] {
  const bindings = found?.["bindings"];
  return Array.isArray(bindings) ? bindings : [];
}

function missing(found: Found, wanted: readonly Binding[]): string[] {
  const given = bindingsIn(found).filter(({ condition }) => condition === undefined);
  return wanted.flatMap(({ role, members }) => {
    const current = given.filter(binding => binding.role === role).flatMap(binding => binding.members);
    const lacking = members.filter(member => !current.includes(member));
    return lacking.length === 0 ? [] : [`${role} is not given to ${lacking.join(" and ")}`];
  });
}

/** Merges the wanted bindings into a policy. Its etag refuses the write when the policy changed in between. */
function merged(found: Found | undefined, wanted: readonly Binding[]): string {
  const given = bindingsIn(found);
  const kept = given.map(binding => {
    const more = wanted.find(({ role }) => role === binding.role && binding.condition === undefined);
    return more ? { ...binding, members: [...new Set([...binding.members, ...more.members])] } : binding;
  });
  const added = wanted.filter(
    ({ role }) => !given.some(binding => binding.role === role && binding.condition === undefined),
  );
  const etag = found?.["etag"];
  const text = { bindings: [...kept, ...added], etag };
  return `${JSON.stringify(text, null, 1)}\n`;
}
