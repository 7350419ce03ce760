import { userViews } from "../../collections.ts";
import { firestore } from "../../google/firestore.ts";

/** A part of all users by their ids, from the first one on and up to the last one without it; none: no bound. */
export interface UserShare {
  from: string | undefined;
  to: string | undefined;
}

const USERS_OF_A_SHARE = 20_000;
const MAX_SHARES = 16;

/** So many users tell what goes together as well as all of them do. */
export const ENOUGH_USERS = 50_000;
/** With at most 132 pairs each and 30 bytes for each of these, 8 MB at once; with such users as there are, a tenth. */
const USERS_OF_A_BUCKET = 2_000;

/**
 * The ids that part the users into shares of about one size: people's ids are not hashes, so where they lie is asked.
 * A small shop is one share, and has no border.
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
