export interface Request {
  method: string;
  /** "cloudtasks", as gcloud's settings call it. */
  service: string;
  /** Without the API's version: "projects/p/locations/r/queues". */
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

export type Answer = { status: number; body: unknown };

export type Handler = (request: Request, stub: StubState) => Answer | Promise<Answer> | undefined;

export interface StubState {
  state: Map<string, Record<string, unknown>>;
  url: string;
}

export const PROJECT_NUMBER = "123456789012";

export function error(status: number, name: string, message: string): Answer {
  return { status, body: { error: { code: status, status: name, message } } };
}
