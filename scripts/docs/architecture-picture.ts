import type { Declaration } from "../../shared/pipeline/declaration.ts";

const WIDTH = 960;
const LINE_HEIGHT = 18;
const PADDING = 14;
const GAP = 44;
const LEFT = 20;
/** Functions with commands, in the order of the picture. */
const OWNERS = ["accounts", "checkout", "courses", "products"];

/** Colours for both themes: the picture stands on the page's own background. */
const STYLE = `
  text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .note { fill: #59636e; font-size: 12px; }
  .box { fill: #f6f8fa; stroke: #8c959f; }
  .store { fill: #ddf4ff; stroke: #54aeff; }
  .line { stroke: #59636e; fill: none; marker-end: url(#tip); }
  .tip { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note { fill: #9198a1; }
    .box { fill: #151b23; stroke: #656c76; }
    .store { fill: #121d2f; stroke: #1f6feb; }
    .line { stroke: #9198a1; }
    .tip { fill: #9198a1; }
  }`;

interface Box {
  x: number;
  y: number;
  width: number;
  title: string;
  lines: readonly string[];
  isStore?: boolean;
}

/** The boxes of the picture, from top to bottom. */
interface Layout {
  sources: readonly [ingest: Box, owners: Box];
  topics: Box;
  reactions: Box;
  store: Box;
  later: readonly [tasks: Box, schedules: Box];
}

/**
 * Draws the flow of events through the functions that are declared.
 * @returns an SVG document, readable on light and on dark pages
 */
export function architecturePicture(declarations: readonly Declaration[]): string {
  const { sources, topics, reactions, store, later } = layoutOf(declarations);
  const height = Math.max(...later.map(bottomOf)) + LEFT;
  const boxes = [...sources, topics, reactions, store, ...later];
  const arrows = [
    ...sources.map(box => arrow(box, topics)),
    arrow(topics, reactions),
    arrow(reactions, store),
    arrow(store, later[0]),
    returnArrow(topics, store),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="name">
<title id="name">Events flow from ingest and owners through Pub/Sub to reactions, which commit to Firestore</title>
<style>${STYLE}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
${[...boxes.map(drawn), ...arrows].join("\n")}
</svg>
`;
}

function layoutOf(declarations: readonly Declaration[]): Layout {
  const names = (kind: string): string[] =>
    declarations.filter(declaration => declaration.kind === kind).map(({ name }) => name);
  const owners = OWNERS.filter(name => names("http").includes(name));
  const sources = pair(LEFT, [
    { title: "ingest", lines: ["other systems report events", "POST /events/ingest"] },
    {
      title: owners.join(" · "),
      lines: [
        "owners decide: state and ledger entry in one commit",
        "POST /orders, /users, /purchases, PUT /products/:id",
      ],
    },
  ]);
  const topics = below(sources[0], {
    title: "Pub/Sub topics",
    lines: [
      "user-actions · commerce-events · system-events",
      "ordered per subject, filtered by type, with a dead-letter topic",
    ],
    isStore: true,
  });
  const lines = wrapped(names("reaction"), 110);
  const reactions = below(topics, { title: "reactions (idempotent consumers)", lines });
  const store = below(reactions, {
    title: "Firestore: one commit per event and reaction",
    lines: ["state + ledger entry (idempotency record and transactional outbox)"],
    isStore: true,
  });
  const later = pair(bottomOf(store) + GAP, [
    {
      title: "timers and effects (Cloud Tasks)",
      lines: wrapped([...names("timer"), ...names("effect")], 52),
    },
    {
      title: "schedules (Cloud Scheduler)",
      lines: [names("schedule").join(" · "), "recovery, aggregation, nightly reconciliation"],
    },
  ]);
  return { sources, topics, reactions, store, later };
}

type Text = Pick<Box, "title" | "lines" | "isStore">;

/** Places two boxes side by side. */
function pair(y: number, [first, second]: readonly [Text, Text]): [Box, Box] {
  const width = (WIDTH - 2 * LEFT - GAP) / 2;
  return [
    { x: LEFT, y, width, ...first },
    { x: LEFT + width + GAP, y, width, ...second },
  ];
}

/** Places a box over the whole width below another one. */
function below(above: Box, text: Text): Box {
  return { x: LEFT, y: bottomOf(above) + GAP, width: WIDTH - 2 * LEFT, ...text };
}

function bottomOf(box: Box): number {
  return box.y + heightOf(box);
}

function heightOf({ lines }: Pick<Box, "lines">): number {
  return 2 * PADDING + (lines.length + 1) * LINE_HEIGHT;
}

function drawn(box: Box): string {
  const { x, y, width, title, lines, isStore = false } = box;
  const at = (line: number) => `x="${x + PADDING}" y="${y + PADDING + 13 + line * LINE_HEIGHT}"`;
  return [
    `<rect class="${isStore ? "store" : "box"}" x="${x}" y="${y}" width="${width}" height="${heightOf(box)}" rx="8"/>`,
    `<text class="title" ${at(0)}>${title}</text>`,
    ...lines.map((text, index) => `<text class="note" ${at(index + 1)}>${text}</text>`),
  ].join("\n");
}

/** Draws an arrow from the middle of one box straight down to the next. */
function arrow(from: Box, to: Box): string {
  const x = from.x + Math.min(from.width, to.width) / 2;
  return `<path class="line" d="M${x} ${from.y + heightOf(from)} V${to.y - 2}"/>`;
}

/** Draws the way of follow-up events back to the topics, along the right side. */
function returnArrow(topics: Box, store: Box): string {
  const right = topics.x + topics.width;
  const from = store.y + heightOf(store) / 2;
  const to = topics.y + heightOf(topics) / 2;
  const label = `<text class="note" x="${right - 8}" y="${store.y - GAP / 2 + 4}" text-anchor="end">follow-up events return to Pub/Sub</text>`;
  return `${label}\n<path class="line" d="M${right} ${from} h12 V${to} h-10"/>`;
}

function wrapped(names: readonly string[], characters: number): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} · ${name}`.length <= characters)
      lines[lines.length - 1] = `${last} · ${name}`;
    else lines.push(name);
  }
  return lines;
}
