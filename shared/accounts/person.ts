import type { User } from "../collections.ts";
import { contacts, users } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import type { Command } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { userErased } from "./account.ts";
import { isHeld } from "./held-data.ts";

/**
 * Returns the person that the path names. Only other systems may know the person; then the result is no account.
 * @throws Problem 404 when nothing is known about the person, 410 when the person was erased
 */
export async function personIn(params: Command["params"], documents: Pick<Work, "get">): Promise<User> {
  const userId = idIn(params, "user");
  const user = await documents.get(users, userId);
  if (user?.erased_at_ms !== undefined) throw userErased();
  if (user) return user;
  // Most people of other systems have a contact. The search through all documents costs many reads.
  if ((await documents.get(contacts, userId)) || (await isHeld(userId))) return { user_id: userId };
  throw noSuch("user");
}
