import type { Html } from "../../http/html.ts";
import { html } from "../../http/html.ts";

/** One bar or column of a plot. */
export type Point = readonly [name: string, value: number];

/** Sizes in pixels of the drawing; the page scales it. */
const WIDTH = 720;
const NAME_WIDTH = 200;
const VALUE_WIDTH = 100;
const BAR_HEIGHT = 24;
const COLUMN_HEIGHT = 120;

/** Draws horizontal bars, one below the other, each with its name and value. */
export function bars(title: string, points: readonly Point[]): Html {
  const most = Math.max(1, ...points.map(([, value]) => value));
  const rows = points.map(([name, value], index) => {
    const width = (Math.max(0, value) / most) * (WIDTH - NAME_WIDTH - VALUE_WIDTH);
    const y = index * BAR_HEIGHT;
    return html`<text x="0" y="${y + 16}">${name}</text><rect x="${NAME_WIDTH}" y="${y + 4}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 8}"/><text x="${(NAME_WIDTH + width + 6).toFixed(1)}" y="${y + 16}">${value}</text>`;
  });
  return figure(title, points.length * BAR_HEIGHT, rows);
}

/** Draws columns side by side. A value below zero has no column. */
export function columns(title: string, points: readonly Point[]): Html {
  const most = Math.max(1, ...points.map(([, value]) => value));
  const step = WIDTH / points.length;
  const drawn = points.map(([name, value], index) => {
    const height = (Math.max(0, value) / most) * COLUMN_HEIGHT;
    const x = index * step;
    return html`<rect x="${(x + 2).toFixed(1)}" y="${(COLUMN_HEIGHT - height + 16).toFixed(1)}" width="${(step - 4).toFixed(1)}" height="${height.toFixed(1)}"><title>${name}: ${value}</title></rect><text x="${(x + step / 2).toFixed(1)}" y="${COLUMN_HEIGHT + 32}" text-anchor="middle">${name}</text>`;
  });
  return figure(`${title} (peak ${most})`, COLUMN_HEIGHT + 40, drawn);
}

function figure(title: string, height: number, drawn: readonly Html[]): Html {
  return html`<figure><figcaption>${title}</figcaption><svg role="img" aria-label="${title}" viewBox="0 0 ${WIDTH} ${height}">${drawn}</svg></figure>`;
}
