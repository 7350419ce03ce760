import type { StdioOptions } from "node:child_process";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Started } from "../test/worlds/started.ts";
import { startProcess } from "../test/worlds/started.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The fenced blocks of a section, in order. */
function blocksOf(section: string): { language: string; text: string }[] {
  const [, rest = ""] = readme.split(`\n## ${section}\n`);
  const [body = ""] = rest.split("\n## ");
  return [...body.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasCurl) console.warn("The README's commands are not run: they need curl, which is not installed.");

describe("the README's commands", () => {
  let started: Started;
  beforeEach(async () => {
    started = await startProcess(["--port", "0"]);
  });
  afterEach(async () => {
    await started.end("SIGINT");
  });

  (hasCurl ? test : test.skip).each(["Sixty seconds", "Operating: parked events, replay"])(
    "%s: end as it says, command by command",
    async section => {
      let ran: Ran = { output: "", since: 0, started };
      for (const { language, text } of blocksOf(section)) {
        if (language === "sh") {
          ran = { since: started.output().length, output: run(text, started.url), started };
        } else await checks[language]?.(ran, text.trim());
      }
      expect(ran.since).toBeGreaterThan(0);
    },
  );
});

/** What the last commands printed, and from where on `npm start` has printed since. */
interface Ran {
  output: string;
  since: number;
  started: Started;
}

const checks: Readonly<Record<string, (ran: Ran, text: string) => void | Promise<void>>> = {
  json: ({ output }, text) => expectAnswers(output, text),
  text: ({ output }, text) => expectLines(output, text),
  log: async ({ started, since }, text) => {
    for (const line of text.split("\n")) await started.printed(linePattern(line), since);
  },
};

/** The answers, one after the other, hold at least what these do. */
function expectAnswers(output: string, json: string): void {
  const answers = output.replaceAll("}{", "}\n{").trim().split("\n");
  const expected = json.split("\n").map(line => withoutEllipses(JSON.parse(line)));
  expect(answers.map(line => JSON.parse(line))).toMatchObject(expected);
}

/** Each of these lines was printed. */
function expectLines(output: string, lines: string): void {
  for (const line of lines.split("\n")) expect(`\n${output}`).toMatch(linePattern(line));
}

/** Runs a block's commands against the runtime of this test; the tools without npm around them. */
function run(commands: string, url: string): string {
  const here = commands
    .replaceAll("http://localhost:8000", url)
    .replaceAll(/npm run (parked|replay)( --)?/g, `'${process.execPath}' scripts/operate/$1.ts --url ${url}`);
  const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
  return execFileSync("sh", ["-ec", here], { cwd: root, encoding: "utf8", stdio });
}

/** "…" stands for anything that is a string. */
function withoutEllipses(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, entry === "…" ? expect.any(String) : entry]),
  );
}

/** A printed line like this one; "…" stands for anything, blanks for blanks. */
function linePattern(line: string): RegExp {
  const parts = line.split("…").map(part => part.trim().split(/\s+/).map(RegExp.escape).join("\\s+"));
  return new RegExp(`\\s${parts.join(".*")}`);
}

test("shows a reaction and an event type that the compiler takes", () => {
  const house = mkdtempSync(join(root, "node_modules", ".readme-"));
  try {
    for (const name of ["shared", "node_modules"]) symlinkSync(join(root, name), join(house, name));
    mkdirSync(join(house, "functions", "reactions"), { recursive: true });
    const types = { extends: join(root, "tsconfig.json"), include: ["functions"] };
    writeFileSync(join(house, "tsconfig.json"), JSON.stringify(types));
    const [reaction] = blocksOf("Adding a reaction");
    const [eventType] = blocksOf("Adding an event type");
    const imports = 'import { defineEvent, fields, id } from "../../shared/events/define.ts";\n';
    writeFileSync(join(house, "functions", "reactions", "points.ts"), reaction?.text ?? "");
    writeFileSync(
      join(house, "functions", "reactions", "wishlist.ts"),
      `${imports}export const list = [${eventType?.text}];`,
    );
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), "-p", house],
      {
        encoding: "utf8",
      },
    );
    expect(stdout).toBe("");
  } finally {
    rmSync(house, { recursive: true });
  }
});

test("lists every function and every event type as the code declares them", () => {
  const docs = spawnSync(process.execPath, ["scripts/docs/readme.ts", "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(docs.stderr).toBe("");
  expect(docs.status).toBe(0);
});
