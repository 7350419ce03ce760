import { setImmediate as nextTurn } from "node:timers/promises";
import type { Stream } from "../grpc/handlers.ts";
import { invalidArgument } from "../rpc-error.ts";
import type { Database } from "./database.ts";
import { parseDatabaseName } from "./document-name.ts";
import type { ListenStream } from "./listen-stream.ts";
import { createListenStream } from "./listen-stream.ts";
import type { ListenRequest, ListenResponse } from "./messages.ts";
import { checkRequestSize } from "./request-size.ts";

/** The official client opens a new stream after 120 s of silence; the service speaks about every 30 s. */
const REASSURE_MS = 30_000;

type ListenCall = Stream<ListenRequest, ListenResponse>;

/** Listeners: documents and queries as they change, until the client ends the call. */
export function listenHandlers(databaseOf: (name: string) => Database) {
  return {
    listen(call: ListenCall): void {
      let stream: ListenStream | undefined;
      let isOver = false;
      const close = () => {
        isOver = true;
        clearInterval(reassurance);
        stream?.close();
      };
      const fail = (error: unknown) => {
        if (isOver) return;
        close();
        call.fail(error);
      };
      const wake = paced(call, () => !isOver && stream?.flush(), fail);
      const open = ({ database = "" }: ListenRequest) => {
        const name = parseDatabaseName(database);
        const send = (response: ListenResponse) => call.write(response);
        return createListenStream({ database: databaseOf(name), name, send, wake });
      };
      const reassurance = setInterval(() => {
        if (!call.needsDrain) stream?.reassure();
      }, REASSURE_MS);
      reassurance.unref();
      call.receive({
        request(request) {
          if (isOver) return;
          try {
            checkRequestSize(request);
            stream ??= open(request);
            receive(stream, request);
          } catch (error) {
            fail(error);
          }
        },
        end() {
          close();
          call.end();
        },
      });
      call.signal.addEventListener("abort", close);
    },
  };
}

function receive(stream: ListenStream, { addTarget, removeTarget }: ListenRequest): void {
  if (addTarget) stream.add(addTarget);
  else if (removeTarget !== undefined) stream.remove(removeTarget);
  else throw invalidArgument("A ListenRequest has to add or remove a target.");
}

/** Asks for a flush: one for all that is asked until it runs, and not before the client took what it was sent. */
function paced(call: ListenCall, flush: () => void, fail: (error: unknown) => void): () => void {
  let isAsked = false;
  const run = async () => {
    await nextTurn();
    await call.drained();
    isAsked = false;
    flush();
  };
  return () => {
    if (isAsked) return;
    isAsked = true;
    run().catch(fail);
  };
}
