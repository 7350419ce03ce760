import type { IncomingHttpHeaders } from "node:http";

export type HttpRequest = {
  /** HEAD arrives as GET: the front door leaves the body out of its answer. */
  readonly method: string;
  /** The path as sent, without the query. The router decodes each segment, so an id may hold "%2F". */
  readonly path: string;
  /** The path as the function declares it: "/orders/:id". Log lines name this one. Absent: no route was chosen yet. */
  readonly route?: string;
  readonly query: URLSearchParams;
  /** The decoded parameters of the path, by name; an object without a prototype. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a Buffer is sent unchanged, with the content-type of `headers`; absent means an empty body. */
  readonly body?: unknown;
};

/** Answers a request, or throws a Problem. */
export type Handler = (request: HttpRequest) => Promise<HttpAnswer>;
