/** One thing wrong with an input, in the form every error answer uses. */
export interface Fault {
  /** RFC 6901 JSON Pointer into the input; "" is the whole of it. */
  pointer: string;
  expected: string;
  received: string;
}
