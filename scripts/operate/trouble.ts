import { config } from "../../shared/config.ts";
import { grpcStatus, grpcStatusOf, isPlatformTrouble } from "../../shared/errors.ts";
import { CommandFailure } from "../cli/usage.ts";

/** A failure of a tool's surroundings, with the step that the operator can take. */
export class Trouble extends CommandFailure {
  override name = "Trouble";
}

const LOG_IN = "run gcloud auth application-default login";

function noQueue(): string {
  const { projectId, region } = config();
  return `${region} of ${projectId} has no such queue: give the --region of the deployment, or deploy PulseCart.`;
}

/** Sentences by the gRPC status of Firestore and Cloud Tasks. Undefined: the error is the tool's own. */
const byStatus: Readonly<Record<number, (message: string) => string | undefined>> = {
  [grpcStatus.notFound]: message =>
    /queue|location/i.test(message)
      ? noQueue()
      : `${config().projectId} has no such database: check --project, or deploy PulseCart there.`,
  // Cloud Tasks answers FAILED_PRECONDITION for days after a queue was deleted.
  [grpcStatus.failedPrecondition]: message => (/queue/i.test(message) ? noQueue() : undefined),
  [grpcStatus.permissionDenied]: message => {
    const { projectId, invokerEmail } = config();
    if (/quota project/i.test(message)) {
      return `Google needs a quota project: run gcloud auth application-default set-quota-project ${projectId}.`;
    }
    if (/disabled|has not been used/i.test(message))
      return `An API is not enabled in ${projectId}: deploy PulseCart there first.`;
    return (
      `Your account lacks rights in ${projectId}: it needs roles/datastore.user. ` +
      `To release and replay it also needs roles/cloudtasks.enqueuer and, on ${invokerEmail}, roles/iam.serviceAccountUser.`
    );
  },
  [grpcStatus.unauthenticated]: () => `Google refuses your credentials: ${LOG_IN}.`,
};

/** Sentences by the text of errors of Google's auth library, which carry no status. */
const byText: readonly (readonly [RegExp, string])[] = [
  [
    /could not load the default credentials/i,
    `No credentials found: ${LOG_IN}, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.`,
  ],
  [/ENOENT|EISDIR|JSON/, "GOOGLE_APPLICATION_CREDENTIALS does not name a file with credentials."],
  [/invalid_grant|invalid_rapt|reauth/i, `Your credentials have expired: ${LOG_IN}.`],
  [/ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT/, "Google's token service does not answer: check the network."],
];

/**
 * Explains an error of a tool's surroundings in a sentence.
 * @returns undefined for an error of another kind
 */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof Trouble) return error;
  const message = messageOf(error);
  const sentence = byStatus[grpcStatusOf(error) ?? -1]?.(message) ?? platformSentence(error);
  return sentence === undefined ? undefined : new Trouble(`${sentence} (${message})`, { cause: error });
}

function platformSentence(error: unknown): string | undefined {
  if (!isPlatformTrouble(error)) return undefined;
  return "Google Cloud does not answer. Run the same command later to continue.";
}

/** Explains an error of Google's auth library in a sentence. */
export function credentialTrouble(error: unknown): Trouble {
  const message = messageOf(error);
  const [, sentence] = byText.find(([pattern]) => pattern.test(message)) ?? [];
  return new Trouble(`${sentence ?? `Your credentials cannot be used: ${LOG_IN}.`} (${message})`, {
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
