import type { Transaction } from "../../google/firestore.ts";
import { documentRef, readDocument } from "../../google/firestore.ts";
import { newEntry, readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import type { Attempt } from "./attempt.ts";
import type { ExistingEntry } from "./commit-result.ts";

/**
 * Reads the ledger entry of an attempt inside its transaction.
 * @returns a finished entry when only the dedupe document exists; undefined when neither exists
 */
export async function readEntryInside(
  transaction: Transaction,
  { ledgerId, dedupeDocument, by, cause, nowMs }: Attempt,
): Promise<LedgerEntry | undefined> {
  const entry = await readEntry(ledgerId, transaction);
  if (entry || !dedupeDocument) return entry;
  const document = await transaction.get(documentRef(dedupeDocument.in, dedupeDocument.id));
  if (!document.exists) return undefined;
  const fingerprint = String(document.get("fingerprint"));
  return { ...newEntry(by, { ...cause, fingerprint }, nowMs), state: "done" };
}

/** Reads the same outside any transaction, after a commit that failed with ALREADY_EXISTS. */
export async function readExistingEntry(attempt: Attempt): Promise<ExistingEntry | undefined> {
  const entry = await readEntry(attempt.ledgerId);
  if (entry) return entry;
  const fingerprint = await readDedupeFingerprint(attempt);
  return fingerprint === undefined ? undefined : { state: "done", cause: { ...attempt.cause, fingerprint } };
}

/**
 * Reads the fingerprint in the dedupe document of an attempt.
 * @returns undefined when the attempt has no dedupe document, or the document does not exist
 */
export async function readDedupeFingerprint({ dedupeDocument }: Attempt): Promise<string | undefined> {
  const document =
    dedupeDocument && (await readDocument<{ fingerprint: string }>(dedupeDocument.in, dedupeDocument.id));
  return document?.fingerprint;
}
