import type { Handler, HttpAnswer, HttpRequest } from "./handler.ts";
import { Problem } from "./problem.ts";

/** Keys are `METHOD /path/:param`; a segment that starts with ":" matches any one non-empty segment. */
export type Routes = Readonly<Record<string, Handler>>;

export type Router = {
  readonly handle: Handler;
  /** The first segment of every route ("/events"), once each: what a gateway sends here. */
  readonly prefixes: readonly string[];
};

type Place = { readonly segments: readonly string[]; readonly methods: Map<string, Handler> };

/**
 * Sends a request to its handler. Literal segments win over parameters; one trailing slash is tolerated.
 * HEAD is allowed where GET is; OPTIONS answers 204 with Allow.
 * @throws Error at once for a route that is not written as described, or is there twice
 */
export function router(routes: Routes): Router {
  const places = placesOf(routes);
  return {
    handle: async request => route(places, request),
    prefixes: [...new Set(places.map(place => `/${place.segments[0] ?? ""}`))],
  };
}

async function route(places: readonly Place[], request: HttpRequest): Promise<HttpAnswer> {
  const sent = decodedSegments(request.path);
  const place = places.find(candidate => matches(candidate.segments, sent));
  if (place === undefined) throw unknownPath();
  const allow = allowed(place);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handler = place.methods.get(method);
  if (handler !== undefined) return handler({ ...request, params: paramsOf(place.segments, sent) });
  if (method === "OPTIONS") return { status: 204, headers: { allow } };
  throw new Problem({
    status: 405,
    slug: "method-not-allowed",
    detail: `This path answers to ${allow}.`,
    headers: { allow },
  });
}

function placesOf(routes: Routes): Place[] {
  const places = new Map<string, Place>();
  for (const [key, handler] of Object.entries(routes)) {
    const [method = "", path = "", ...rest] = key.split(" ");
    if (!/^[A-Z]+$/.test(method) || !path.startsWith("/") || rest.length > 0) {
      throw new Error(`Write the route "${key}" as "METHOD /path/:param".`);
    }
    const segments = segmentsOf(path);
    const shape = segments.map(segment => (isParam(segment) ? ":" : segment)).join("/");
    const place = places.get(shape) ?? { segments, methods: new Map<string, Handler>() };
    if (place.methods.has(method) || place.segments.join("/") !== segments.join("/")) {
      throw new Error(`The route "${key}" is there twice, or names its parameters differently than another.`);
    }
    place.methods.set(method, handler);
    places.set(shape, place);
  }
  return [...places.values()].sort(byLiteralsFirst);
}

/** Of two places that match the same path, the one whose earlier segment is a literal comes first. */
function byLiteralsFirst(a: Place, b: Place): number {
  const rank = ({ segments }: Place) => segments.map(segment => (isParam(segment) ? "1" : "0")).join("");
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

function matches(pattern: readonly string[], sent: readonly string[]): boolean {
  if (pattern.length !== sent.length) return false;
  return pattern.every((segment, index) => (isParam(segment) ? sent[index] !== "" : segment === sent[index]));
}

function paramsOf(pattern: readonly string[], sent: readonly string[]): Record<string, string> {
  const params: Record<string, string> = Object.create(null);
  pattern.forEach((segment, index) => {
    if (isParam(segment)) params[segment.slice(1)] = sent[index] ?? "";
  });
  return params;
}

function isParam(segment: string): boolean {
  return segment.startsWith(":");
}

function segmentsOf(path: string): string[] {
  const inner = path.endsWith("/") ? path.slice(1, -1) : path.slice(1);
  return inner === "" ? [] : inner.split("/");
}

function decodedSegments(path: string): string[] {
  // Only `OPTIONS *` has no slash; it names no path of ours.
  if (!path.startsWith("/")) throw unknownPath();
  try {
    return segmentsOf(path).map(decodeURIComponent);
  } catch {
    throw new Problem({
      status: 400,
      slug: "path-encoding",
      detail: "The path holds a percent sign that does not start an encoded UTF-8 character.",
    });
  }
}

function allowed(place: Place): string {
  const methods = [...place.methods.keys()];
  return [...methods, ...(place.methods.has("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}

function unknownPath(): Problem {
  return new Problem({ status: 404, slug: "not-found", detail: "There is nothing at this path." });
}
