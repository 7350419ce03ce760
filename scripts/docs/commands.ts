/** The purpose of each npm script, grouped by task. A test compares the names with package.json. */
export const COMMANDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Run and look": {
    start: "starts everything on one machine, on http://localhost:8000",
    tour: "walks through the whole shop on a running `npm start`",
    emulators: "starts the same functions under `firebase emulators:start`",
  },
  Develop: {
    test: "runs every test",
    check: "runs the linters, the type checker, the documentation check and every test",
    lint: "checks format, style and imports",
    "lint:language": "checks comments, texts, names and manuals against the language rules",
    types: "checks the types",
    format: "formats the code and sorts its imports",
    docs: "writes the generated tables and the picture; `-- --check` only compares",
    build: "bundles each function into `dist/`",
  },
  Operate: {
    parked: "lists, shows, releases and drops parked events and effects",
    replay: "replays archived events and rebuilds projections",
    "close-day": "closes a day, or closes it again, and shows its report",
    erase: "erases a guest: one order, or all orders with an address",
    deploy: "creates or changes everything on Google Cloud; `-- --dry-run`, `-- --check`",
    destroy: "removes a deployment, data only on request",
    cost: "calculates what a day of events costs on Google Cloud",
  },
  Verify: {
    model: "explores the protocol of the ledger exhaustively",
    crash: "kills functions at every point between delivery and acknowledgement",
    interleave: "runs shopping trips in random orders of all that can happen",
    simulate: "sends the traffic of a shop's day with faults and compares the result",
    chaos: "kills and restarts all processes under traffic and faults",
    conformance: "compares the local cloud with Google's emulators",
    "test:google": "runs the functions' tests on Google's emulators",
    "test:emulators": "checks the listed differences of the firebase emulators",
    "test:deploy": "deploys, changes and destroys against a stub of Google's services",
  },
  Measure: {
    "bench:local": "compares speed and memory of the local cloud with Google's emulators",
    "bench:roll-up": "measures the aggregation of browse events",
    "bench:day-close": "measures the day close over 100,000 and 1,000,000 events",
    "bench:permanent-errors": "measures what failing events cost the others",
  },
};
