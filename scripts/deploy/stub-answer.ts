/** A request of gcloud. */
export interface Request {
  method: string;
  /** The service as gcloud's settings name it: "cloudtasks". */
  service: string;
  /** The path without the API's version: "projects/p/locations/r/queues". */
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

export type Answer = { status: number; body: unknown };

/** Answers a request. Undefined: the next handler answers. */
export type Handler = (request: Request, stub: StubState) => Answer | Promise<Answer> | undefined;

export interface StubState {
  state: Map<string, Record<string, unknown>>;
  url: string;
}

export const PROJECT_NUMBER = "123456789012";

/** Creates an error in the form of Google's APIs. */
export function errorAnswer(status: number, name: string, message: string): Answer {
  return { status, body: { error: { code: status, status: name, message } } };
}
