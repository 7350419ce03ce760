import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createForwarder } from "../../../verify/chaos/forward.ts";

type WaitingRequest = [IncomingMessage, ServerResponse];

/**
 * Creates a server that passes requests on to the instances of a function, one at a time to each instance. Cloud Run
 * does the same for instances with less than one processor, such as the smallest ones
 * (https://cloud.google.com/run/docs/configuring/services/cpu).
 */
export function createInstancePool(ports: readonly number[]): Server {
  const idle = ports.map(port => createForwarder({ port }));
  const waiting: WaitingRequest[] = [];
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
