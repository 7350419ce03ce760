/** A mistake in the command line. The command prints the message and ends with exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A failure that the user of a command can act on. The command prints the message and ends with exit code 1. */
export class CommandFailure extends Error {
  override name = "CommandFailure";
}
