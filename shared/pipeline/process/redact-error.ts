import { withoutTexts } from "../../events/personal.ts";

/**
 * Returns a copy of an error without personal texts in its message, stack and cause. The copy has the same class and
 * fields. Errors of handlers and libraries may quote their input, and appear in logs and in parked reasons.
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
