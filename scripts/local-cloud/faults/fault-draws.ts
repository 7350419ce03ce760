/** Pseudo-random numbers from 0 (included) to 1 (excluded), the same for the same seed. */
export interface Draws {
  /** Returns the next number of the named series. A draw from one series does not advance another. */
  draw(series: string): number;
}

/** Creates the series of a seed. Each name has a series of its own: concurrent draws elsewhere change nothing. */
export function createDraws(seed: number): Draws {
  const states = new Map<string, number>();
  return {
    draw(series) {
      const state = ((states.get(series) ?? hashOf(`${seed} ${series}`)) + WEYL_STEP) | 0;
      states.set(series, state);
      return mix(state) / 2 ** 32;
    },
  };
}

/** An odd number near 2^32 / golden ratio: adding it visits every state once, and neighbours lie far apart. */
const WEYL_STEP = 0x9e3779b9;

/** Computes FNV-1a (RFC 9923). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** Spreads each bit of the state over all 32 bits: the last step of MurmurHash3. */
function mix(state: number): number {
  let bits = state;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
