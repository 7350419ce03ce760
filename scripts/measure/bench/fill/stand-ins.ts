import { registerHooks } from "node:module";

/**
 * Modules that call other systems, with their stand-ins while a day is filled. All other code is the functions' own, so
 * the documents are those that the pipeline writes.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  "shared/google/firestore.ts": "firestore.ts",
  "shared/google/pubsub.ts": "pubsub.ts",
  "shared/google/tasks.ts": "tasks.ts",
  "shared/pipeline/receive/message-function.ts": "message-function.ts",
  "shared/pipeline/receive/task-function.ts": "task-function.ts",
  "shared/mail/smtp.ts": "smtp.ts",
};

const root = new URL("../../../../", import.meta.url);
const replaced = new Map(
  Object.entries(STAND_INS).map(([path, standIn]) => [
    new URL(path, root).href,
    new URL(standIn, import.meta.url).href,
  ]),
);

/** Replaces these modules by their stand-ins in every later import. Call this before any function is loaded. */
export function useStandIns(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const url = replaced.get(found.url);
      return url === undefined ? found : { ...found, url };
    },
  });
}
