import { userViews } from "../../collections.ts";
import { firestore } from "../../google/firestore.ts";

/** A range of user ids: `from` included, `to` excluded. Undefined: no bound on that side. */
export interface UserShare {
  from: string | undefined;
  to: string | undefined;
}

const USERS_OF_A_SHARE = 20_000;
/** Max shares, each with one task at a time. */
const MAX_SHARES = 16;

/** Users from whom affinities are learned. This sample gives the same affinities as all users. */
export const ENOUGH_USERS = 50_000;
/** Users per bucket. At most 132 pairs per user and 30 bytes per pair: 8 MB of memory, typically a tenth of it. */
const USERS_OF_A_BUCKET = 2_000;

/**
 * Splits the users into shares of about one size. User ids are no hashes, so Firestore is asked for the borders. A
 * small shop is one share without a border.
 */
export async function userShares(): Promise<{ user_borders: string[]; buckets: number }> {
  const { count } = (await firestore().collection(userViews.name).count().get()).data();
  const buckets = Math.max(1, Math.ceil(Math.min(count, ENOUGH_USERS) / USERS_OF_A_BUCKET));
  return { user_borders: await bordersOf(count), buckets };
}

async function bordersOf(count: number): Promise<string[]> {
  const shares = Math.min(MAX_SHARES, Math.ceil(count / USERS_OF_A_SHARE));
  if (shares < 2) return [];
  const borders: string[] = [];
  for await (const { startAt } of firestore().collectionGroup(userViews.name).getPartitions(shares)) {
    const [first] = startAt ?? [];
    if (hasId(first)) borders.push(first.id);
  }
  return borders;
}

function hasId(value: unknown): value is { id: string } {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string";
}

export function userShare(borders: readonly string[], shard: number): UserShare {
  return { from: borders[shard - 1], to: borders[shard] };
}
