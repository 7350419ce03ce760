import { withoutTexts } from "../../events/personal.ts";

/**
 * The same error, of the same class and with the same fields, without these texts in its message and stack: what a
 * handler or a library throws may quote what it was given, and it ends in logs and in parked reasons.
 */
export function redactError(error: unknown, personal: readonly string[]): unknown {
  if (personal.length === 0) return error;
  if (typeof error === "string") return withoutTexts(error, personal);
  if (!(error instanceof Error)) return error;
  const clean: Error = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error));
  const set = (name: "message" | "stack" | "cause", value: unknown) =>
    Object.defineProperty(clean, name, { value, configurable: true, writable: true });
  set("message", withoutTexts(error.message, personal));
  set("stack", withoutTexts(error.stack ?? "", personal));
  if (error.cause !== undefined) set("cause", redactError(error.cause, personal));
  return clean;
}
