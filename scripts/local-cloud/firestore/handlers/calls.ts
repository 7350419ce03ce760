import type { Caller } from "../../grpc/call.ts";
import type { AnswersHandler, UnaryHandler } from "../../grpc/handlers.ts";
import { checkRequestSize } from "./request-size.ts";

/** Creates the handler of a call with one response, which checks the request's size first. */
export function unary<Request extends object, Response>(
  run: UnaryHandler<Request, Response>,
): UnaryHandler<Request, Response> {
  return (request, caller) => {
    checkRequestSize(request);
    return run(request, caller);
  };
}

/** Creates the handler of a call with a stream of responses, sent as fast as the client reads them. */
export function streaming<Request extends object, Response>(
  run: (request: Request, caller: Caller) => Promise<Iterable<Response>>,
): AnswersHandler<Request, Response> {
  return async (request, answers) => {
    checkRequestSize(request);
    for (const response of await run(request, answers)) if (!answers.write(response)) await answers.drained();
  };
}
