/** A refused word that may stay in some files, with the reason. */
interface Exception {
  word: RegExp;
  files: RegExp;
  reason: string;
}

const EXCEPTIONS: readonly Exception[] = [
  { word: /^(allSettled|settled)$/, files: /./, reason: "Promise.allSettled is JavaScript's name" },
  { word: /^performed$/, files: /./, reason: "search.performed is an event type" },
  { word: /^taken$/, files: /accounts/, reason: "the problem type email-taken keeps its name" },
  { word: /^_*settle$/, files: /./, reason: "the route /__local/settle keeps its name" },
  { word: /./, files: /^scripts\/docs\/language\//, reason: "the rules name the words that they refuse" },
];

/** Tells whether a refused word or name may stand in a file. */
export function isExcused(word: string, file: string): boolean {
  return EXCEPTIONS.some(exception => exception.word.test(word) && exception.files.test(file));
}
