const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Returns path and query of a request target. A client may send `http://host/path`, as to a proxy. */
export function originForm(target: string): string {
  if (target.startsWith("/") || !ABSOLUTE.test(target)) return target;
  const rest = target.replace(ABSOLUTE, "");
  return rest.startsWith("/") ? rest : `/${rest}`;
}
