/** Numbers from 0 up to 1 that look random and are the same for the same seed. */
export interface Draws {
  /** The next number of the named series: what is drawn from one does not move another. */
  draw(series: string): number;
}

/** Every name has a series of its own, so that what happens at once elsewhere changes nothing. */
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

/** FNV-1a (RFC 9923). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** MurmurHash3's last step: spreads each bit of the state over all 32. */
function mix(state: number): number {
  let bits = state;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
