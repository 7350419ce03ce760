import { setImmediate as nextTurn } from "node:timers/promises";
import type { Stream } from "../../grpc/handlers.ts";
import { invalidArgument } from "../../rpc-error.ts";
import type { Database } from "../database/database.ts";
import { parseDatabaseName } from "../documents/document-name.ts";
import type { ListenRequest, ListenResponse } from "../documents/messages.ts";
import { checkRequestSize } from "../handlers/request-size.ts";
import type { IndexCheck } from "../query/index-check.ts";
import { ListenStream } from "./listen-stream.ts";

/** Interval of the messages that nothing has changed: the official client opens a new stream after 120 s of silence. */
const REASSURE_MS = 30_000; // as often as the service does

type ListenCall = Stream<ListenRequest, ListenResponse>;

interface ListenContext {
  databaseOf(name: string): Database;
  demandIndex: IndexCheck;
}

/** Creates the handler of Listen: documents and queries as they change, until the client ends the call. */
export function listenHandlers(context: ListenContext) {
  return {
    listen(call: ListenCall): void {
      const session = new ListenSession(call, context);
      call.receive({ request: request => session.request(request), end: () => session.end() });
      call.signal.addEventListener("abort", () => session.close());
    },
  };
}

/** One Listen call, from its first request to its end. */
class ListenSession {
  readonly #call: ListenCall;
  readonly #context: ListenContext;
  readonly #reassurance: NodeJS.Timeout;
  /** Opened by the first request, which names the database. */
  #stream: ListenStream | undefined;
  #isOver = false;
  /** True from the request for a flush until it runs: one flush serves all requests before it. */
  #isFlushPending = false;

  constructor(call: ListenCall, context: ListenContext) {
    this.#call = call;
    this.#context = context;
    this.#reassurance = setInterval(() => {
      if (!call.needsDrain) this.#stream?.reassure();
    }, REASSURE_MS);
    this.#reassurance.unref();
  }

  request(request: ListenRequest): void {
    if (this.#isOver) return;
    try {
      checkRequestSize(request);
      this.#stream ??= this.#open(request);
      receive(this.#stream, request);
    } catch (error) {
      this.#fail(error);
    }
  }

  end(): void {
    this.close();
    this.#call.end();
  }

  close(): void {
    this.#isOver = true;
    clearInterval(this.#reassurance);
    this.#stream?.close();
  }

  #open({ database = "" }: ListenRequest): ListenStream {
    const name = parseDatabaseName(database);
    return new ListenStream({
      database: this.#context.databaseOf(name),
      name,
      demandIndex: this.#context.demandIndex,
      send: response => this.#call.write(response),
      wake: () => this.#requestFlush(),
    });
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#call.fail(error);
  }

  #requestFlush(): void {
    if (this.#isFlushPending) return;
    this.#isFlushPending = true;
    this.#flush().catch(error => this.#fail(error));
  }

  /** Flushes in the next turn, but not before the client has read the earlier responses. */
  async #flush(): Promise<void> {
    await nextTurn();
    await this.#call.drained();
    this.#isFlushPending = false;
    if (!this.#isOver) this.#stream?.flush();
  }
}

function receive(stream: ListenStream, { addTarget, removeTarget }: ListenRequest): void {
  if (addTarget) stream.add(addTarget);
  else if (removeTarget !== undefined) stream.remove(removeTarget);
  else throw invalidArgument("ListenRequest is empty: expected add_target or remove_target.");
}
