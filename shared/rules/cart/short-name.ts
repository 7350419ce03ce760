/** Max characters of a product name in a cart. Each add stores its name, so long names would fill the document. */
const MAX_NAME_CHARACTERS = 100;

/** Shortens the name of a product for a cart or a mail. A character is never cut in half. */
export function shortName(name: string | undefined): string | undefined {
  return name?.slice(0, MAX_NAME_CHARACTERS).toWellFormed();
}
