import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createForwarder } from "../../../verify/chaos/forward.ts";

type Waiting = [IncomingMessage, ServerResponse];

/**
 * Passes requests on to the instances of a function, one at a time to each: with less than one processor, as the
 * smallest instances have, Cloud Run gives an instance no second one (https://cloud.google.com/run/docs/configuring/services/cpu).
 */
export function createInstancePool(ports: readonly number[]): Server {
  const idle = ports.map(port => createForwarder({ port }));
  const waiting: Waiting[] = [];
  const next = (): void => {
    const one = waiting[0] && idle.pop();
    const [request, response] = (one && waiting.shift()) ?? [];
    if (!one || !request || !response) return;
    response.once("close", () => {
      idle.push(one);
      next();
    });
    one.emit("request", request, response);
  };
  return createServer((request, response) => {
    waiting.push([request, response]);
    next();
  });
}
