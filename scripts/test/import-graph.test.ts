import { describe, expect, test } from "@jest/globals";
import { circleIn, fileGraph, folderGraph } from "./import-graph.ts";

describe("circles of imports", () => {
  test("finds no circle between files", () => {
    const files = fileGraph();
    expect(files.get("functions/reactions/carts.ts")).toContain("shared/pipeline/reaction.ts");
    expect(circleIn(files)).toBeUndefined();
  });

  test("finds no circle between folders", () => {
    expect(circleIn(folderGraph(fileGraph()))).toBeUndefined();
  });

  test("names the circle when two folders import each other", () => {
    const files = new Map([
      ["shared/a/x.ts", new Set(["shared/b/y.ts"])],
      ["shared/b/y.ts", new Set<string>()],
      ["shared/b/z.ts", new Set(["shared/a/w.ts"])],
      ["shared/a/w.ts", new Set<string>()],
    ]);
    expect(circleIn(files)).toBeUndefined();
    expect(circleIn(folderGraph(files))).toEqual(["shared/a", "shared/b", "shared/a"]);
  });
});
