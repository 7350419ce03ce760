import type { Command, Found, Resource } from "./resource.ts";
import { FILE } from "./resource.ts";

/** A role and those who have it on one thing. */
export interface Binding {
  role: string;
  members: readonly string[];
}

export interface Policied {
  /** What it is a policy of, in words: "topic pulsecart.commerce-events". */
  of: string;
  why: string;
  /** "pubsub topics", as gcloud groups what can be done to it. */
  group: readonly string[];
  /** What names it, and where it is. */
  target: readonly string[];
  bindings: readonly Binding[];
  functionName?: string;
}

/**
 * The policy of something of our own, written as a whole: one step, however many may do something with it. What
 * others were allowed by hand is read first, and stays.
 */
export function policy({ of, why, group, target, bindings, functionName }: Policied): Resource {
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
    ...(functionName === undefined ? {} : { functionName }),
  };
}

/** gcloud takes the policy's file after the name of the thing. */
const place = ([name = "", ...flags]: readonly string[], file: string) => [name, file, ...flags];

/** An answer without bindings is a policy that nobody has written yet. */
export function policyIn(answer: unknown): Found | undefined {
  const found = Object(answer ?? {}) as Found;
  return Array.isArray(found["bindings"]) ? found : undefined;
}

interface GivenBinding extends Binding {
  condition?: unknown;
}

export function bindingsIn(found: Found | undefined): GivenBinding[] {
  const bindings = found?.["bindings"];
  return Array.isArray(bindings) ? bindings : [];
}

function missing(found: Found, wanted: readonly Binding[]): string[] {
  const given = bindingsIn(found).filter(({ condition }) => condition === undefined);
  return wanted.flatMap(({ role, members }) => {
    const having = given.filter(binding => binding.role === role).flatMap(binding => binding.members);
    const lacking = members.filter(member => !having.includes(member));
    return lacking.length === 0 ? [] : [`${role} is not given to ${lacking.join(" and ")}`];
  });
}

/** With what was read its etag goes back: who changes the policy in between is not overwritten. */
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
  const text = { bindings: [...kept, ...added], ...(etag === undefined ? {} : { etag }) };
  return `${JSON.stringify(text, null, 1)}\n`;
}
