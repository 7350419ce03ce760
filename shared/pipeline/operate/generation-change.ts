import type { Transaction } from "../../google/firestore.ts";
import { collection, documentRef, firestore, inTransaction } from "../../google/firestore.ts";
import { MINUTE_MS } from "../../values/durations.ts";
import type { Act, AuditRecord } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import type { Generations } from "../records/generation.ts";
import { FIRST, generations, readGenerations } from "../records/generation.ts";

/** A generation under construction. */
export type Building = NonNullable<Generations["building"]>;

/**
 * Begins the next generation of a projection. After this commit every new event goes to both generations.
 * @returns the new generation, or the one that is already under construction
 */
export async function beginBuilding(reaction: string, act: Act): Promise<Building> {
  return change(reaction, act, current => {
    if (current.building) return { answer: current.building };
    const generation = current.newest + 1;
    const building: Building = { generation, since_ms: act.nowMs, act: act.id };
    return { next: { ...current, building, newest: generation }, did: "rebuild", answer: building };
  });
}

/** Makes the built generation the live one. @returns true when the generation is live now */
export async function switchTo(reaction: string, generation: number, act: Act): Promise<boolean> {
  return change<boolean>(reaction, act, current => {
    const { building, ...rest } = current;
    if (building?.generation !== generation) return { answer: current.live === generation };
    const retired = [...current.retired, { generation: current.live, at_ms: act.nowMs }];
    return { next: { ...rest, live: generation, retired }, did: "switch", answer: true };
  });
}

/** Gives up the generation under construction. @returns true when there was one */
export async function abandonBuilding(reaction: string, act: Act): Promise<boolean> {
  return change<boolean>(reaction, act, current => {
    const { building, ...rest } = current;
    if (!building) return { answer: false };
    const over = { generation: building.generation, at_ms: act.nowMs, given_up: true } as const;
    const retired = [...current.retired, over];
    return { next: { ...rest, retired }, did: "abandon", answer: true };
  });
}

/** Delay before a retired generation is removed, in milliseconds: readers may still use it. */
export const REMOVE_AFTER_MS = MINUTE_MS;

/** Documents per delete batch. */
const REMOVED_AT_ONCE = 300;

/**
 * Removes the documents of generations that were retired at least a minute ago, in batches.
 * @param onBatch returns false to stop; the next call removes the rest
 * @returns true when documents are left, because a generation is too young or the removal was stopped
 */
export async function removeRetired(
  reaction: string,
  nowMs: number,
  onBatch: () => boolean = () => true,
): Promise<boolean> {
  const { retired } = await readGenerations(reaction);
  let isLeft = false;
  for (const { generation, at_ms } of retired) {
    if (at_ms + REMOVE_AFTER_MS > nowMs || !(await removeDocuments(reaction, generation, onBatch))) {
      isLeft = true;
      continue;
    }
    await inTransaction(async transaction => {
      const current = await read(reaction, transaction);
      const rest = current.retired.filter(one => one.generation !== generation);
      transaction.set(documentRef(generations, reaction), { ...current, retired: rest });
    });
  }
  return isLeft;
}

/** Removes all documents of a generation. No unit of work writes to a retired one: each reads the generations first. */
async function removeDocuments(
  reaction: string,
  generation: number,
  onBatch: () => boolean,
): Promise<boolean> {
  const home = documentRef(collection("projections"), `${reaction}.${generation}`);
  for (const each of await home.listCollections()) {
    for (;;) {
      const page = await each.select().limit(REMOVED_AT_ONCE).get();
      if (page.empty) break;
      if (!onBatch()) return false;
      const batch = firestore().batch();
      for (const document of page.docs) batch.delete(document.ref);
      await batch.commit();
    }
  }
  return true;
}

type Change<R> = { next: Generations; did: AuditRecord["did"]; answer: R } | { next?: never; answer: R };

async function change<R>(
  reaction: string,
  act: Act,
  decide: (current: Generations) => Change<R>,
): Promise<R> {
  return inTransaction(async transaction => {
    const current = await read(reaction, transaction);
    const decided = decide(current);
    if (!decided.next) return decided.answer;
    const target = `${reaction} ${decided.did}`;
    const isMine = await isOnRecord(transaction, act, target);
    transaction.set(documentRef(generations, reaction), decided.next);
    if (!isMine) putOnRecord(transaction, act, { did: decided.did, target, reaction });
    return decided.answer;
  });
}

async function read(reaction: string, transaction: Transaction): Promise<Generations> {
  const snapshot = await transaction.get(documentRef(generations, reaction));
  return (snapshot.data() as Generations | undefined) ?? FIRST;
}
