import { execFileSync } from "node:child_process";
import * as v from "valibot";
import { optional, text } from "../cli/flag-values.ts";
import { flag, flagSwitch } from "../cli/flags.ts";
import { runCommand } from "../cli/run-command.ts";

/** Rules that refuse every client. Rules do not apply to functions. */
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

const CLOSE_DATABASE = {
  command: "node scripts/deploy/close-database.ts",
  about: "Closes a database to browsers with security rules. gcloud has no command for rules.",
  flags: {
    project: flag(v.optional(v.string(), ""), { value: "P", about: "the project" }),
    database: flag(v.optional(v.string(), "(default)"), {
      value: "D",
      about: "the database; default (default)",
    }),
    show: flagSwitch("prints whether the database is closed, and changes nothing"),
    format: flag(optional(text("json")), {
      value: "json",
      about: "ignored; a reading of the deployment gives it",
    }),
  },
};

await runCommand({ line: CLOSE_DATABASE, run: closeDatabase });

interface Options {
  project: string;
  database: string;
  show: boolean;
}

type Ask = (method: string, path: string, body?: object) => Promise<Record<string, unknown> | undefined>;

async function closeDatabase({ project, database, show }: Options): Promise<number> {
  const ask = createAsk(project);
  const parent = `projects/${project}`;
  /** https://firebase.google.com/docs/reference/rules/rest/v1/projects.releases */
  const name = `${parent}/releases/cloud.firestore${database === "(default)" ? "" : `/${database}`}`;
  const released = await ask("GET", name);
  const inForce = released && (await ask("GET", String(released["rulesetName"])));
  const isClosed = JSON.stringify(inForce?.["source"] ?? "").includes(JSON.stringify(RULES));
  if (show) process.stdout.write(`${JSON.stringify({ isClosed })}\n`);
  else if (!isClosed) await release(ask, { parent, name, isReleased: released !== undefined });
  return 0;
}

async function release(
  ask: Ask,
  { parent, name, isReleased }: { parent: string; name: string; isReleased: boolean },
): Promise<void> {
  const source = { files: [{ name: "firestore.rules", content: RULES }] };
  const ruleset = await ask("POST", `${parent}/rulesets`, { source });
  const next = { name, rulesetName: ruleset?.["name"] };
  if (isReleased) await ask("PATCH", name, { release: next });
  else await ask("POST", `${parent}/releases`, next);
}

/** Creates a caller of the rules API. The caller returns undefined for a resource that does not exist. */
function createAsk(project: string): Ask {
  const token = execFileSync("gcloud", ["auth", "print-access-token"], { encoding: "utf8" }).trim();
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "x-goog-user-project": project,
  };
  return async (method, path, body) => {
    const answer = await fetch(`${RULES_URL}/v1/${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    if (answer.status === 404 && method === "GET") return undefined;
    if (answer.ok) return (await answer.json()) as Record<string, unknown>;
    throw new Error(`${method} ${path} failed: expected 200, got ${answer.status}: ${await answer.text()}`);
  };
}
