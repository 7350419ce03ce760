import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";

/** Nobody reads or writes but the functions, which rules do not apply to. gcloud cannot set them. */
const RULES = `rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /{document=**} {
      allow read, write: if false;
    }
  }
}
`;

const RULES_URL = process.env["FIREBASERULES_URL"] ?? "https://firebaserules.googleapis.com";
const options = {
  project: { type: "string", default: "" },
  database: { type: "string", default: "(default)" },
  show: { type: "boolean", default: false },
  /** Whoever reads with gcloud asks for it. */
  format: { type: "string" },
} as const;

const { project, database, show } = parseArgs({ options }).values;
const parent = `projects/${project}`;
/** https://firebase.google.com/docs/reference/rules/rest/v1/projects.releases */
const release = `${parent}/releases/cloud.firestore${database === "(default)" ? "" : `/${database}`}`;
const token = execFileSync("gcloud", ["auth", "print-access-token"], { encoding: "utf8" }).trim();

const released = await ask("GET", release);
const inForce = released && (await ask("GET", String(released["rulesetName"])));
const isClosed = JSON.stringify(inForce?.["source"] ?? "").includes(JSON.stringify(RULES));

if (show) process.stdout.write(`${JSON.stringify({ isClosed })}\n`);
else if (!isClosed) await close();

async function close(): Promise<void> {
  const source = { files: [{ name: "firestore.rules", content: RULES }] };
  const ruleset = await ask("POST", `${parent}/rulesets`, { source });
  const next = { name: release, rulesetName: ruleset?.["name"] };
  if (released) await ask("PATCH", release, { release: next });
  else await ask("POST", `${parent}/releases`, next);
}

/** Undefined for what is not there. */
async function ask(
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown> | undefined> {
  const answer = await fetch(`${RULES_URL}/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-goog-user-project": project,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (answer.status === 404 && method === "GET") return undefined;
  if (answer.ok) return (await answer.json()) as Record<string, unknown>;
  throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
}
