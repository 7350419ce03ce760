import type { Statement } from "../../rules/witness.ts";
import { judge } from "../../rules/witness.ts";
import type { Finding, FindingKind } from "../closing/day-report-types.ts";

/** A stored value with all documents that state it. */
export interface Compared {
  kind: FindingKind;
  /** The thing and its value: "ord_1: paid". */
  about: string;
  stored: Statement;
  witnesses: readonly Statement[];
  /** The value that a missing stored document means. Absent: a missing document is a difference. */
  absent?: string;
  /**
   * True when every witness is itself a stored document of another value. The finding then names this document only
   * when most others contradict it.
   */
  isDerived?: boolean;
  /** The events that state the value, as producer and id. */
  events?: readonly string[];
}

/** Creates a statement. */
export function statement(by: string, value: string | undefined): Statement {
  return { by, value };
}

/** Returns a finding for each value that two documents state differently. */
export function differences(compared: readonly Compared[]): Finding[] {
  return compared.flatMap(one => findingOf(one) ?? []);
}

/** Returns the finding about a value. @returns undefined when every document states the same */
export function findingOf(compared: Compared): Finding | undefined {
  const { kind, about, stored, witnesses, absent, events, isDerived = false } = compared;
  const { agrees, likely } = judge(stored, witnesses, absent);
  const own = stored.value ?? absent;
  if (agrees || (isDerived && likely !== undefined && likely === own)) return undefined;
  const found = [stored, ...witnesses]
    .filter(({ value }, index) => index === 0 || value !== undefined)
    .map(({ by, value = "nothing" }) => `${value} by ${by}`)
    .join("; ");
  return {
    kind,
    about,
    expected: likely ?? "one value",
    found,
    ...(events && events.length > 0 ? { events: [...events] } : {}),
  };
}

/**
 * Returns one finding about a document with several values, of which it lists the different ones.
 * @returns undefined when no value differs
 */
export function documentFinding(
  about: Pick<Finding, "kind" | "about" | "events">,
  values: readonly (Compared & { name: string })[],
): Finding | undefined {
  const found = values.flatMap(value => {
    const finding = findingOf(value);
    return finding ? [{ ...finding, name: value.name }] : [];
  });
  if (found.length === 0) return undefined;
  const texts = (text: "expected" | "found") => found.map(one => `${one.name}: ${one[text]}`).join(", ");
  return { ...about, expected: texts("expected"), found: texts("found") };
}

/** Formats quantities by product as text, sorted by product. Products without units are left out. */
export function goodsText(goods: ReadonlyMap<string, number>): string {
  const left = [...goods].filter(([, quantity]) => quantity !== 0).sort();
  return left.map(([product, quantity]) => `${quantity} ${product}`).join(", ") || "no units";
}
