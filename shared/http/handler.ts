import type { IncomingHttpHeaders } from "node:http";

export type HttpRequest = {
  /** HEAD arrives as GET: the front door leaves the body out of its answer. */
  readonly method: string;
  /** Without the query and as it was sent: only the router decodes, segment by segment, so an id may hold "%2F". */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the router took out of the path, decoded. It has no prototype. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** `body` is sent as JSON; a Buffer is sent as it is, with the content-type of `headers`; absent means empty. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** Answers a request, or throws a Problem. */
export type Handler = (request: HttpRequest) => Promise<HttpAnswer>;
