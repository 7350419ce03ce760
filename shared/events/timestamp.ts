// RFC 3339, and what Python prints for a datetime: a blank for the T, microseconds, no zone when it is naive.
const SHAPE = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))?$/;
const ISO_LENGTH = "2025-06-18T10:23:41.000Z".length; // outside the years 0 to 9999 it would be longer

/**
 * The same moment as ISO 8601 in UTC with milliseconds, or undefined where the text is not a real moment: 30
 * February, hour 24. Without a zone it is UTC, as Python's `datetime.utcnow` means it. Finer than a millisecond
 * is cut off. A leap second (":60") is refused: nothing here could keep it apart from the second after it.
 */
export function normaliseTimestamp(text: string): string | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour = "0", zoneMinute = "0"] =
    match;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const localMs = Date.parse(written);
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== written) return undefined;
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  const utcMs = sign === "+" ? localMs - zoneMs : localMs + zoneMs;
  const normalised = new Date(utcMs).toISOString();
  return normalised.length === ISO_LENGTH ? normalised : undefined;
}

/** Whether a value is a moment as PulseCart writes it. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === "string" && normaliseTimestamp(value) === value;
}
