import type { Gcloud } from "./gcloud.ts";
import { GcloudFailed } from "./gcloud.ts";
import type { Found, Reading } from "./resource.ts";

/** Errors of gcloud when the resource, or the resource it belongs to, does not exist yet. */
const MISSING =
  /NOT_FOUND|not found|does not exist|could not be found|cannot find|has not been used|SERVICE_DISABLED/i;

/** Creates a reader of existing resources. Equal readings share one command. */
export function createState(gcloud: Gcloud) {
  const answers = new Map<string, Promise<unknown>>();
  const answerTo = (reading: Reading): Promise<unknown> => {
    const key = reading.args.join("\0");
    const known = answers.get(key) ?? ask(gcloud, reading);
    answers.set(key, known);
    return known;
  };
  return {
    /**
     * Reads a resource.
     * @throws GcloudFailed when the reading fails
     */
    find: async (reading: Reading): Promise<Found | undefined> => reading.find(await answerTo(reading)),
  };
}

async function ask(gcloud: Gcloud, { find: _, args, ...reading }: Reading): Promise<unknown> {
  try {
    const text = await gcloud({ ...reading, args: [...args, "--format=json"] });
    return text.trim() === "" ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof GcloudFailed && MISSING.test(error.message)) return undefined;
    throw error;
  }
}
