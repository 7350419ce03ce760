import { invalidArgument, RpcError } from "../../rpc-error.ts";
import type { Database } from "../database/database.ts";
import type { ListenResponse, Target, TargetChange, Timestamp } from "../documents/messages.ts";
import { toTimestamp } from "../documents/time.ts";
import type { IndexCheck } from "../query/index-check.ts";
import { changesOf } from "./listen-changes.ts";
import type { SeenDocuments, WatchedTarget } from "./listen-target.ts";
import { parseTarget } from "./listen-target.ts";

interface OpenTarget {
  watched: WatchedTarget;
  /** The state of the target that the client knows. */
  seen: SeenDocuments;
  /** True until the client has got the target's first state. */
  isNew: boolean;
  /** True when a commit may have changed the target since the last flush. */
  isTouched: boolean;
  /** True when the target is removed after its first state. */
  once: boolean;
}

type Moment = ReturnType<Database["latest"]>;

export interface ListenStreamOptions {
  database: Database;
  /** Name of the database: projects/P/databases/D. */
  name: string;
  demandIndex: IndexCheck;
  send(response: ListenResponse): void;
  /** Asks the owner of the stream for a flush, some time soon. */
  wake(): void;
}

/**
 * The targets of one Listen call. A flush takes the client from the last moment it knows to the present one, in all
 * targets at once. Every snapshot therefore shows a state that existed, with whole commits only. Commits between two
 * flushes are sent as one, so nothing piles up for a client that reads slowly.
 */
export class ListenStream {
  readonly #database: Database;
  readonly #name: string;
  readonly #demandIndex: IndexCheck;
  readonly #send: (response: ListenResponse) => void;
  readonly #wake: () => void;
  readonly #stopObserving: () => void;
  readonly #targets = new Map<number, OpenTarget>();
  #lastId = 0;

  constructor({ database, name, demandIndex, send, wake }: ListenStreamOptions) {
    this.#database = database;
    this.#name = name;
    this.#demandIndex = demandIndex;
    this.#send = send;
    this.#wake = wake;
    this.#stopObserving = database.observe(changes => {
      for (const target of this.#targets.values()) {
        target.isTouched ||= target.watched.isTouchedBy(changes);
      }
      if (this.#isBehind()) wake();
    });
  }

  /**
   * Begins to watch a target. A target that cannot be watched is removed at once, with the cause.
   * @throws RpcError INVALID_ARGUMENT for an id that is in use, because responses name targets by their ids
   */
  add(target: Target): void {
    const id = target.targetId || this.#lastId + 1;
    if (this.#targets.has(id)) {
      throw invalidArgument(`Target id ${id} is already in use on this stream: expected an unused id.`);
    }
    this.#lastId = Math.max(this.#lastId, id);
    try {
      this.#open(target, id);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const { code, message } = error;
      this.#sendChange({ targetChangeType: "REMOVE", targetIds: [id], cause: { code, message } });
    }
  }

  remove(id: number): void {
    if (this.#targets.delete(id)) this.#sendChange({ targetChangeType: "REMOVE", targetIds: [id] });
  }

  /** Sends all changes up to the present moment. */
  flush(): void {
    if (!this.#isBehind()) return;
    const behind = [...this.#targets].filter(([, { isNew, isTouched }]) => isNew || isTouched);
    const now = this.#database.latest();
    const responses = behind.flatMap(([id, target]) => this.#bringUpToDate(id, target, now));
    if (responses.length === 0) return;
    for (const response of responses) this.#send(response);
    this.#sendChange({ targetChangeType: "NO_CHANGE", ...this.#momentOf(now.readMicros) });
    for (const [id, { once }] of behind) if (once) this.remove(id);
  }

  /** Tells the client that nothing has changed up to now. */
  reassure(): void {
    if (this.#isBehind()) return;
    const { readMicros } = this.#database.latest();
    this.#sendChange({ targetChangeType: "NO_CHANGE", ...this.#momentOf(readMicros) });
  }

  close(): void {
    this.#stopObserving();
  }

  #open(target: Target, id: number): void {
    const watched = parseTarget(this.#name, target, this.#demandIndex);
    this.#sendChange({ targetChangeType: "ADD", targetIds: [id] });
    const seen = this.#resume(target, id, watched);
    this.#targets.set(id, { watched, seen, isNew: true, isTouched: false, once: target.once ?? false });
    this.#wake();
  }

  /** Returns the state that the client says it knows; none when that is too long ago or from another run. */
  #resume({ resumeToken, readTime }: Target, id: number, { look }: WatchedTarget): SeenDocuments {
    if (!resumeToken?.length && !readTime) return new Map();
    const time = resumeToken?.length ? this.#timeOf(resumeToken) : readTime;
    const view = time && this.#database.viewAt(time);
    if (view) return look(view);
    const moment = this.#momentOf(this.#database.latest().readMicros);
    this.#sendChange({ targetChangeType: "RESET", targetIds: [id], ...moment });
    return new Map();
  }

  #bringUpToDate(id: number, target: OpenTarget, { view, readMicros }: Moment): ListenResponse[] {
    const { watched, seen, isNew } = target;
    const to = watched.look(view);
    const readTime = toTimestamp(readMicros);
    const responses = changesOf({ targetId: id, target: watched, from: seen, to, view, readTime });
    if (isNew) {
      const current = { targetIds: [id], ...this.#momentOf(readMicros) };
      responses.push({ targetChange: { targetChangeType: "CURRENT", ...current } });
    }
    Object.assign(target, { seen: to, isNew: false, isTouched: false });
    return responses;
  }

  #isBehind(): boolean {
    for (const { isNew, isTouched } of this.#targets.values()) if (isNew || isTouched) return true;
    return false;
  }

  #sendChange(targetChange: TargetChange): void {
    this.#send({ targetChange });
  }

  /** Returns a snapshot's time, and the token with which a later stream can continue from it. */
  #momentOf(readMicros: number): { readTime: Timestamp; resumeToken: Buffer } {
    return {
      readTime: toTimestamp(readMicros),
      resumeToken: Buffer.from(`${this.#database.id} ${readMicros}`),
    };
  }

  #timeOf(resumeToken: Buffer): Timestamp | undefined {
    const [id, micros] = resumeToken.toString().split(" ");
    return id === this.#database.id ? toTimestamp(Number(micros)) : undefined;
  }
}
