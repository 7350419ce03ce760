import type { Row, Service } from "./verdict.ts";
import { SERVICES } from "./verdict.ts";

const TITLES: Record<Service, string> = {
  firestore: "Firestore",
  pubsub: "Pub/Sub",
  tasks: "Cloud Tasks",
  scheduler: "Cloud Scheduler",
  all: "Unsupported calls and fields",
};
/** Width of the first column, in characters. A longer behaviour continues on a second line. */
const WIDTH = 100;

/** Renders the table: the behaviours of each service, then the reasons of differences and dashes, then counts. */
export function tableOf(rows: readonly Row[]): string {
  const sections = SERVICES.map(service => rows.filter(row => row.service === service)).filter(
    section => section.length > 0,
  );
  return [...sections.map(sectionOf), reasonsOf(rows), countsOf(rows)].filter(Boolean).join("\n\n");
}

function sectionOf(rows: readonly Row[]): string {
  const title = TITLES[rows[0]?.service ?? "all"];
  return [lineOf(title, "embedded", "Google's"), ...rows.map(rowOf)].join("\n");
}

const lineOf = (behaviour: string, embedded: string, google: string): string =>
  `${behaviour.padEnd(WIDTH)} | ${embedded.padEnd(8)} | ${google}`;

function rowOf({ behaviour, embedded, google }: Row): string {
  const lines = wrapped(`  ${behaviour}`);
  const last = lines.pop() ?? "";
  return [...lines, lineOf(last, embedded, google)].join("\n");
}

function wrapped(text: string): string[] {
  if (text.length <= WIDTH) return [text];
  const end = text.lastIndexOf(" ", WIDTH);
  return [text.slice(0, end), ...wrapped(`    ${text.slice(end + 1)}`)];
}

function reasonsOf(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const { google, service, reason } of rows) {
    if (reason === undefined) continue;
    const line = google === "–" ? `–        ${reason}` : `differs  ${TITLES[service]}: ${reason}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line} (${count})`).join("\n");
}

function countsOf(rows: readonly Row[]): string {
  const count = (condition: (row: Row) => boolean) => rows.filter(condition).length;
  const google = (["pass", "differs", "FAIL", "–"] as const).map(
    result => `${count(row => row.google === result)} ${result}`,
  );
  return [
    `${rows.length} behaviours`,
    `embedded: ${count(row => row.embedded === "pass")} pass, ${count(row => row.embedded === "FAIL")} FAIL`,
    `Google's: ${google.join(", ")}`,
  ].join("\n");
}
