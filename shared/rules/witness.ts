/**
 * The rule by which the day close judges a difference. A witness is a document that states a value, or an addend of
 * it. A missing document states nothing, so its absence speaks for no value.
 */

/** The statement of one document, or of several documents of one kind, about a value. */
export interface Statement {
  /** The kind of document: "the order", "order.balance_changed". */
  by: string;
  /** The stated value as text. Undefined: there is no such document. */
  value: string | undefined;
}

export interface Verdict {
  /** True when every present document states the same. */
  agrees: boolean;
  /** The value that more than half of the present documents state. Undefined: no value has that majority. */
  likely?: string;
  /** The value to repair the stored document with: the likely one, stated by two witnesses or more. */
  right?: string;
}

/** Witnesses that have to agree against a stored document: one may be damaged, two alike are no accident. */
const WITNESSES_NEEDED = 2;

/**
 * Judges a stored value by its witnesses.
 * @param absent the value that a missing stored document means. Undefined: a missing document is a difference
 */
export function judge(
  stored: Statement,
  witnesses: readonly Statement[],
  absent: string | undefined = undefined,
): Verdict {
  const stated = witnesses.flatMap(({ value }) => value ?? []);
  const own = stored.value ?? absent;
  const values = new Set(own === undefined ? stated : [own, ...stated]);
  if (values.size === 0 || (values.size === 1 && own !== undefined)) return { agrees: true };
  const likely = majorityOf(stored.value === undefined ? stated : [stored.value, ...stated]);
  if (likely === undefined || likely === own) return { agrees: false, likely };
  const isProven = stated.filter(value => value === likely).length >= WITNESSES_NEEDED;
  return { agrees: false, likely, right: isProven ? likely : undefined };
}

function majorityOf(values: readonly string[]): string | undefined {
  const counts = Map.groupBy(values, value => value);
  return [...counts].find(([, all]) => all.length * 2 > values.length)?.[0];
}
