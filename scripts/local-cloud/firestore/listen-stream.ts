import { invalidArgument, RpcError } from "../rpc-error.ts";
import type { Database } from "./database.ts";
import { changesOf } from "./listen-changes.ts";
import type { Seen, WatchedTarget } from "./listen-target.ts";
import { parseTarget } from "./listen-target.ts";
import type { ListenResponse, Target, TargetChange, Timestamp } from "./messages.ts";
import { toTimestamp } from "./time.ts";

interface OpenTarget {
  watched: WatchedTarget;
  /** What the client knows of it. */
  seen: Seen;
  isNew: boolean;
  isTouched: boolean;
  /** It is to be removed when the client has seen all of it. */
  once: boolean;
}

type Moment = ReturnType<Database["latest"]>;

export interface ListenStreamOptions {
  database: Database;
  /** projects/P/databases/D */
  name: string;
  send(response: ListenResponse): void;
  /** Asks for a flush, some time soon. */
  wake(): void;
}

export type ListenStream = ReturnType<typeof createListenStream>;

/**
 * The targets of one Listen call. A flush takes the client from the last moment it knows to the present one,
 * in all targets at once: every snapshot shows a state that existed, whole commits only. Commits between two
 * flushes are told as one, so nothing piles up for a client that reads slowly.
 */
export function createListenStream({ database, name, send, wake }: ListenStreamOptions) {
  const targets = new Map<number, OpenTarget>();
  let lastId = 0;

  const stopObserving = database.observe(changes => {
    for (const target of targets.values()) target.isTouched ||= target.watched.isTouchedBy(changes);
    if (isBehind()) wake();
  });

  const isBehind = () => [...targets.values()].some(({ isNew, isTouched }) => isNew || isTouched);

  const tell = (targetChange: TargetChange) => send({ targetChange });

  /** The time of a snapshot, and the token by which a later stream can go on from it. */
  const moment = (readMicros: number) => ({
    readTime: toTimestamp(readMicros),
    resumeToken: Buffer.from(`${database.id} ${readMicros}`),
  });

  function timeOf(resumeToken: Buffer): Timestamp | undefined {
    const [id, micros] = resumeToken.toString().split(" ");
    return id === database.id ? toTimestamp(Number(micros)) : undefined;
  }

  /** What the client says it knows; all of it anew when that lies too far back, or in another run. */
  function resume({ resumeToken, readTime }: Target, id: number, { look }: WatchedTarget): Seen {
    if (!resumeToken?.length && !readTime) return new Map();
    const time = resumeToken?.length ? timeOf(resumeToken) : readTime;
    const view = time && database.viewAt(time);
    if (view) return look(view);
    tell({ targetChangeType: "RESET", targetIds: [id], ...moment(database.latest().readMicros) });
    return new Map();
  }

  function open(target: Target, id: number): void {
    const watched = parseTarget(name, target);
    tell({ targetChangeType: "ADD", targetIds: [id] });
    const seen = resume(target, id, watched);
    targets.set(id, { watched, seen, isNew: true, isTouched: false, once: target.once ?? false });
    wake();
  }

  function bringUpToDate(id: number, target: OpenTarget, { view, readMicros }: Moment): ListenResponse[] {
    const { watched, seen, isNew } = target;
    const to = watched.look(view);
    const readTime = toTimestamp(readMicros);
    const responses = changesOf({ targetId: id, target: watched, from: seen, to, view, readTime });
    if (isNew) {
      const targetIds = [id];
      responses.push({ targetChange: { targetChangeType: "CURRENT", targetIds, ...moment(readMicros) } });
    }
    Object.assign(target, { seen: to, isNew: false, isTouched: false });
    return responses;
  }

  function remove(id: number): void {
    if (targets.delete(id)) tell({ targetChangeType: "REMOVE", targetIds: [id] });
  }

  return {
    /**
     * Begins to watch a target. One that cannot be watched is removed at once, with the cause.
     * Throws INVALID_ARGUMENT for an id that is in use: nobody could tell the two apart.
     */
    add(target: Target): void {
      const id = target.targetId || lastId + 1;
      if (targets.has(id)) throw invalidArgument(`Target id ${id} is already in use on this stream.`);
      lastId = Math.max(lastId, id);
      try {
        open(target, id);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        const { code, message } = error;
        tell({ targetChangeType: "REMOVE", targetIds: [id], cause: { code, message } });
      }
    },
    remove,
    /** Tells the client everything up to now. */
    flush(): void {
      if (!isBehind()) return;
      const behind = [...targets].filter(([, { isNew, isTouched }]) => isNew || isTouched);
      const now = database.latest();
      const responses = behind.flatMap(([id, target]) => bringUpToDate(id, target, now));
      if (responses.length === 0) return;
      responses.forEach(send);
      tell({ targetChangeType: "NO_CHANGE", ...moment(now.readMicros) });
      for (const [id, { once }] of behind) if (once) remove(id);
    },
    /** Says that nothing happened. */
    reassure(): void {
      if (!isBehind()) tell({ targetChangeType: "NO_CHANGE", ...moment(database.latest().readMicros) });
    },
    close: stopObserving,
  };
}
