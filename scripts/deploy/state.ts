import type { Gcloud } from "./gcloud.ts";
import { GcloudFailed } from "./gcloud.ts";
import type { Found, Reading } from "./resource.ts";

/** What gcloud says when the thing that is asked about, or what it belongs to, is not there yet. */
const NOT_THERE =
  /NOT_FOUND|not found|does not exist|could not be found|cannot find|has not been used|SERVICE_DISABLED/i;

/** What there is, as gcloud answers it; the same question is asked once. */
export function createState(gcloud: Gcloud) {
  const answers = new Map<string, Promise<unknown>>();
  const answerTo = (reading: Reading): Promise<unknown> => {
    const key = reading.args.join("\0");
    const known = answers.get(key) ?? ask(gcloud, reading);
    answers.set(key, known);
    return known;
  };
  return {
    /** @throws GcloudFailed when it could not be asked */
    find: async (reading: Reading): Promise<Found | undefined> => reading.find(await answerTo(reading)),
  };
}

async function ask(gcloud: Gcloud, { find: _, args, ...reading }: Reading): Promise<unknown> {
  try {
    const text = await gcloud({ ...reading, args: [...args, "--format=json"] });
    return text.trim() === "" ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof GcloudFailed && NOT_THERE.test(error.message)) return undefined;
    throw error;
  }
}
