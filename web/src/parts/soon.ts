/** By then the first page is there, and nothing else waits for the line or the processor. */
const SOON_MS = 1_000;

/** Resolves a moment after the start: what nobody needs at once is loaded then. */
export function soon(): Promise<void> {
  return new Promise((done) => setTimeout(done, SOON_MS));
}
