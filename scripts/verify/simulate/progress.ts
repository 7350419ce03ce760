/** Progress of a command: a bar on a terminal, a line every 20 % elsewhere. */
export interface Progress {
  step(done: number): void;
  /** Starts the next stage. */
  stage(name: string, total: number): void;
  /** Moves the cursor below the bar. */
  end(): void;
}

export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

const BAR_CHARACTERS = 30;
/** Percent between two lines where there is no bar. */
const LINE_PERCENT = 20;
/** Min milliseconds between two drawings of the bar: more do not look smoother. */
const DRAW_MS = 50;

export function createProgress(screen: Screen): Progress {
  let name = "";
  let total = 1;
  let printed = 0;
  let drawnMs = 0;
  const draw = (done: number): void => {
    const share = Math.min(done / total, 1);
    const full = Math.round(share * BAR_CHARACTERS);
    const bar = "█".repeat(full) + "░".repeat(BAR_CHARACTERS - full);
    screen.write(`\r${name.padEnd(10)} ${bar} ${done}/${total} \u001b[K`);
  };
  return {
    stage(next, size) {
      if (screen.isTTY && name !== "") screen.write("\n");
      [name, total, printed] = [next, Math.max(size, 1), 0];
      if (screen.isTTY) draw(0);
    },
    step(done) {
      if (screen.isTTY) {
        const nowMs = performance.now();
        if (done < total && nowMs - drawnMs < DRAW_MS) return;
        drawnMs = nowMs;
        return draw(done);
      }
      const percent = Math.floor((100 * done) / total);
      if (percent < printed + LINE_PERCENT) return;
      printed = percent - (percent % LINE_PERCENT);
      screen.write(`${name}: ${done} of ${total}\n`);
    },
    end() {
      if (screen.isTTY && name !== "") screen.write("\n");
    },
  };
}
