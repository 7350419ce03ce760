import type { Handler, HttpAnswer, HttpRequest } from "./handler.ts";
import { Problem } from "./problem.ts";

/** Handlers by `METHOD /path/:param`. A segment that starts with ":" matches any one non-empty segment. */
export type Routes = Readonly<Record<string, Handler>>;

export type Router = {
  readonly handle: Handler;
  /** The first segment of every route ("/events"), each one once. A gateway sends these paths to the function. */
  readonly prefixes: readonly string[];
};

/** One path with its handlers. */
type RoutePath = { readonly segments: readonly string[]; readonly methods: Map<string, Handler> };

/**
 * Creates a router, which sends a request to its handler. Literal segments win over parameters; one trailing slash is
 * tolerated. HEAD is allowed where GET is; OPTIONS answers 204 with Allow.
 * @throws Error at once for a malformed or repeated route
 */
export function router(routes: Routes): Router {
  const paths = pathsOf(routes);
  return {
    handle: async request => route(paths, request),
    prefixes: [...new Set(paths.map(found => `/${found.segments[0] ?? ""}`))],
  };
}

async function route(paths: readonly RoutePath[], request: HttpRequest): Promise<HttpAnswer> {
  const sent = decodedSegments(request.path);
  const found = paths.find(candidate => matches(candidate.segments, sent));
  if (found === undefined) throw unknownPath();
  const allow = allowed(found);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handler = found.methods.get(method);
  if (handler !== undefined) return handler({ ...request, ...routed(found.segments, sent) });
  if (method === "OPTIONS") return { status: 204, headers: { allow } };
  throw new Problem({
    status: 405,
    slug: "method-not-allowed",
    detail: `This path answers to ${allow}.`,
    headers: { allow },
  });
}

function pathsOf(routes: Routes): RoutePath[] {
  const paths = new Map<string, RoutePath>();
  for (const [key, handler] of Object.entries(routes)) {
    const [method = "", path = "", ...rest] = key.split(" ");
    if (!/^[A-Z]+$/.test(method) || !path.startsWith("/") || rest.length > 0) {
      throw new Error(`route "${key}" is malformed: expected "METHOD /path/:param"`);
    }
    const segments = segmentsOf(path);
    const shape = segments.map(segment => (isParam(segment) ? ":" : segment)).join("/");
    const found = paths.get(shape) ?? { segments, methods: new Map<string, Handler>() };
    if (found.methods.has(method) || found.segments.join("/") !== segments.join("/")) {
      throw new Error(`route "${key}" exists twice: expected one handler and the same parameter names`);
    }
    found.methods.set(method, handler);
    paths.set(shape, found);
  }
  return [...paths.values()].sort(byLiteralsFirst);
}

/** Sorts a path with an earlier literal segment before other paths that match the same request. */
function byLiteralsFirst(a: RoutePath, b: RoutePath): number {
  const rank = ({ segments }: RoutePath) => segments.map(segment => (isParam(segment) ? "1" : "0")).join("");
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

function matches(pattern: readonly string[], sent: readonly string[]): boolean {
  if (pattern.length !== sent.length) return false;
  return pattern.every((segment, index) => (isParam(segment) ? sent[index] !== "" : segment === sent[index]));
}

function routed(pattern: readonly string[], sent: readonly string[]): Pick<HttpRequest, "route" | "params"> {
  return { route: `/${pattern.join("/")}`, params: paramsOf(pattern, sent) };
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
  // Only `OPTIONS *` has no slash, and no route matches it.
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

function allowed(found: RoutePath): string {
  const methods = [...found.methods.keys()];
  return [...methods, ...(found.methods.has("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}

function unknownPath(): Problem {
  return new Problem({ status: 404, slug: "not-found", detail: "There is nothing at this path." });
}
