import { invalidArgument } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime } from "../wire-time.ts";

/** Settings of the delay between two attempts, times in milliseconds. */
export interface BackoffSettings {
  minBackoffMs: number;
  maxBackoffMs: number;
  maxDoublings: number;
}

/**
 * Returns the milliseconds between an attempt and the next. The delay doubles `maxDoublings` times, then grows
 * linearly up to the maximum.
 * @param attempts number of attempts until now, at least 1
 */
export function steppedBackoffMs(settings: BackoffSettings, attempts: number): number {
  const { minBackoffMs, maxBackoffMs, maxDoublings } = settings;
  const doublings = Math.min(attempts - 1, maxDoublings);
  const steps = attempts - 1 - doublings;
  return Math.min(minBackoffMs * 2 ** doublings * (1 + steps), maxBackoffMs);
}

/** Returns a duration in milliseconds, or the default for an absent one. */
export function durationMs(duration: WireTime | undefined, defaultMs: number): number {
  return duration ? fromWireTime(duration) : defaultMs;
}

/** @throws RpcError INVALID_ARGUMENT for a value outside the range; both ends are allowed */
export function checkRange(field: string, value: number, [least, most]: [number, number]): void {
  if (value >= least && value <= most) return;
  throw invalidArgument(`${field} is ${value}; it must be between ${least} and ${most}.`);
}

/** Returns a field name of protobuf (`retry_config`) as JavaScript writes it (`retryConfig`). */
export function camelCase(snakeCase: string): string {
  return snakeCase.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
