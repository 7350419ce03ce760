/**
 * The people who searched for a term on a day. A term of few people may be a name, an address or an illness. A term is
 * kept in clear from MIN_TERM_PEOPLE people on; before, only hashes are kept.
 */
import { hashOf } from "../../values/ids.ts";
import { searchTerm } from "./search-term.ts";

/** People who must search for a term on a day before the term is kept in clear. */
export const MIN_TERM_PEOPLE = 5;

/** Characters of a person's hash. Two of five people share the 50 bits with a chance below 1 in 10^14. */
const PERSON_CHARACTERS = 10;

/** A search for a term by one person. */
export interface TermSearch {
  term: string;
  /** Hash of the person, different for each term and day: the hashes of two terms cannot be linked. */
  person: string;
}

/**
 * Reads the term and the person of a search.
 * @returns undefined when nothing is left to count, or the query was erased
 */
export function termSearch(search: {
  received_at: string;
  user_id: string;
  payload: { query: string };
}): TermSearch | undefined {
  const term = searchTerm(search.payload.query);
  if (term === undefined) return undefined;
  const day = search.received_at.slice(0, 10);
  return { term, person: hashOf(day, term, search.user_id).slice(0, PERSON_CHARACTERS) };
}

/** The searches for a term, with the hashes of at most MIN_TERM_PEOPLE people. */
export interface TermCount {
  searches: number;
  people: readonly string[];
}

/** Adds up two counts of a term. The order of the counts does not change whether enough people searched. */
export function addTermCounts(one: TermCount, other: TermCount): TermCount {
  const people = [...new Set([...one.people, ...other.people])].slice(0, MIN_TERM_PEOPLE);
  return { searches: one.searches + other.searches, people };
}

export function hasEnoughPeople({ people }: Pick<TermCount, "people">): boolean {
  return people.length >= MIN_TERM_PEOPLE;
}

/** Prefix of the names under which the day close's sums hold the people of a term. */
const PERSON = "by_";
const ENOUGH = "enough_people";

/** Returns the additions of one search to the sums of its term. */
export function termTally({ person }: TermSearch): Record<string, number> {
  return { searches: 1, [PERSON + person]: 1 };
}

/** Tells whether the sums of a term hold enough people to show the term. */
export function isTermShown(sum: Readonly<Record<string, number>>): boolean {
  return (sum[ENOUGH] ?? 0) > 0;
}

/**
 * Bounds the sums of a term: from enough people on, one flag replaces their hashes. The flag is the same for every
 * division of the searches into parts.
 */
export function boundTermSum(sum: Record<string, number>): void {
  const people = Object.keys(sum).filter(name => name.startsWith(PERSON));
  if (!isTermShown(sum) && people.length < MIN_TERM_PEOPLE) return;
  for (const name of people) delete sum[name];
  sum[ENOUGH] = 1;
}
