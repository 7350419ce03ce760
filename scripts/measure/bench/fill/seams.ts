import { registerHooks } from "node:module";

/**
 * Where the functions touch the world: what stands there instead while a day is filled. Everything between them is the
 * functions' own code, so what it writes is what the pipeline would have written.
 */
const SEAMS: Readonly<Record<string, string>> = {
  "shared/google/firestore.ts": "firestore.ts",
  "shared/google/pubsub.ts": "pubsub.ts",
  "shared/google/tasks.ts": "tasks.ts",
  "shared/pipeline/receive/message-function.ts": "message-function.ts",
  "shared/pipeline/receive/task-function.ts": "task-function.ts",
  "shared/mail/smtp.ts": "smtp.ts",
};

const root = new URL("../../../../", import.meta.url);
const replaced = new Map(
  Object.entries(SEAMS).map(([path, stand]) => [
    new URL(path, root).href,
    new URL(stand, import.meta.url).href,
  ]),
);

/** From now on whoever imports one of them gets what stands there instead. To be called before anything is loaded. */
export function replaceSeams(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const url = replaced.get(found.url);
      return url === undefined ? found : { ...found, url };
    },
  });
}
