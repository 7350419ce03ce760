import { toMessage } from "../documents/document-message.ts";
import type { ListenResponse, Timestamp } from "../documents/messages.ts";
import type { DocumentView } from "../documents/stored-document.ts";
import type { SeenDocuments, WatchedTarget } from "./listen-target.ts";

interface Step {
  targetId: number;
  target: WatchedTarget;
  from: SeenDocuments;
  to: SeenDocuments;
  /** The documents at the end of the step. */
  view: DocumentView;
  /** The time of that view. */
  readTime: Timestamp;
}

/** Returns the responses that take a listener's knowledge of one target from one moment to another. */
export function changesOf({ targetId, target, from, to, view, readTime }: Step): ListenResponse[] {
  const responses: ListenResponse[] = [];
  const gone = (document: string) => ({ document, readTime, removedTargetIds: [targetId] });
  for (const [path, { place, document }] of to) {
    const known = from.get(path);
    // Every commit has a time of its own: the same time is the same version.
    if (known && known.document?.updateMicros === document?.updateMicros) continue;
    if (document) {
      const message = toMessage(document, target.project);
      responses.push({ documentChange: { document: message, targetIds: [targetId] } });
    } else {
      responses.push({ documentDelete: gone(place.name) });
    }
  }
  for (const [path, { place }] of from) {
    if (to.has(path)) continue;
    const message = gone(place.name);
    responses.push(view.get(place) ? { documentRemove: message } : { documentDelete: message });
  }
  return responses;
}
