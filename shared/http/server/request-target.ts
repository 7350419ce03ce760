const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** A client may send `http://host/path` in the request line, as to a proxy; only path and query count. */
export function originForm(target: string): string {
  if (target.startsWith("/") || !ABSOLUTE.test(target)) return target;
  const rest = target.replace(ABSOLUTE, "");
  return rest.startsWith("/") ? rest : `/${rest}`;
}
