import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Started } from "../test/started.ts";
import { startProcess } from "../test/started.ts";

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

describe("the README's sixty seconds", () => {
  let started: Started;
  beforeAll(async () => {
    started = await startProcess(["--port", "0"]);
  });
  afterAll(async () => {
    await started.end("SIGINT");
  });

  (hasCurl ? test : test.skip)("end as it says, command by command", async () => {
    let answers: unknown[] = [];
    let since = 0;
    for (const { language, text } of blocksOf("Sixty seconds")) {
      if (language === "sh") {
        const commands = text.replaceAll("http://localhost:8000", started.url);
        since = started.output().length;
        const output = execFileSync("sh", ["-ec", commands], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
        answers = output
          .replaceAll("}{", "}\n{")
          .trim()
          .split("\n")
          .map(line => JSON.parse(line));
      }
      if (language === "json") {
        const expected = text
          .trim()
          .split("\n")
          .map(line => withoutEllipses(JSON.parse(line)));
        expect(answers).toMatchObject(expected);
      }
      if (language === "log") {
        for (const line of text.trim().split("\n")) {
          await started.printed(linePattern(line), since);
        }
      }
    }
    expect(since).toBeGreaterThan(0);
  });
});

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
