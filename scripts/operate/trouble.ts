import { config } from "../../shared/config.ts";
import { grpcStatus, grpcStatusOf, isPlatformTrouble } from "../../shared/errors.ts";

/** What keeps a tool from its work, and what its user can do about it. */
export class Trouble extends Error {
  override name = "Trouble";
}

const LOG_IN = "run gcloud auth application-default login";

function noQueue(): string {
  const { projectId, region } = config();
  return `${region} of ${projectId} has no such queue: give the --region PulseCart was deployed to, or deploy it.`;
}

/** By the status of Google's answer: what Firestore and Cloud Tasks mean by it, and what is not a tool's fault. */
const byStatus: Readonly<Record<number, (said: string) => string | undefined>> = {
  [grpcStatus.notFound]: said =>
    /queue|location/i.test(said)
      ? noQueue()
      : `${config().projectId} has no such database: is it the right --project, and is PulseCart deployed there?`,
  // The answer for a week after a queue was deleted.
  [grpcStatus.failedPrecondition]: said => (/queue/i.test(said) ? noQueue() : undefined),
  [grpcStatus.permissionDenied]: said => {
    const { projectId, invokerEmail } = config();
    if (/quota project/i.test(said)) {
      return `Google wants to know whose quota to count: run gcloud auth application-default set-quota-project ${projectId}.`;
    }
    if (/disabled|has not been used/i.test(said))
      return `An API is not enabled in ${projectId}: is PulseCart deployed there?`;
    return `Your account may not do this in ${projectId}: it needs roles/datastore.user, to release and replay also roles/cloudtasks.enqueuer and, on ${invokerEmail}, roles/iam.serviceAccountUser.`;
  },
  [grpcStatus.unauthenticated]: () => `Google does not accept your credentials any more: ${LOG_IN}.`,
};

/** Errors of Google's auth library carry no status. */
const byText: readonly (readonly [RegExp, string])[] = [
  [
    /could not load the default credentials/i,
    `There are no credentials: ${LOG_IN}, or name a key file in GOOGLE_APPLICATION_CREDENTIALS.`,
  ],
  [/ENOENT|EISDIR|JSON/, "GOOGLE_APPLICATION_CREDENTIALS does not name a file with credentials."],
  [/invalid_grant|invalid_rapt|reauth/i, `Your credentials have run out: ${LOG_IN}.`],
  [/ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT/, "Google's token service does not answer: is there a way to it?"],
];

/** What is wrong with the surroundings of a tool, in a sentence; undefined for an error of another kind. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof Trouble) return error;
  const said = error instanceof Error ? error.message : String(error);
  const sentence = byStatus[grpcStatusOf(error) ?? -1]?.(said) ?? inTrouble(error);
  return sentence === undefined ? undefined : new Trouble(`${sentence} (${said})`, { cause: error });
}

function inTrouble(error: unknown): string | undefined {
  if (!isPlatformTrouble(error)) return undefined;
  return "Google Cloud does not answer: the same command goes on later.";
}

/** The same for what went wrong with the credentials, before anything was asked. */
export function credentialTrouble(error: unknown): Trouble {
  const said = error instanceof Error ? error.message : String(error);
  const [, sentence] = byText.find(([pattern]) => pattern.test(said)) ?? [];
  return new Trouble(`${sentence ?? `There are no usable credentials: ${LOG_IN}.`} (${said})`, {
    cause: error,
  });
}
