/** Which entry of the ledger says how a line stands now, and whether that can be undone (N3). */
import type { Schemas } from "../../../api/client";

export type Entry = Schemas["ShownLedgerEntry"];

/** Entries that leave a line's number as it was. */
const BESIDE = new Set<Entry["event"]>([
  "held",
  "rejected",
  "text_intended",
  "text_written",
  "text_not_written",
  "unfrozen",
]);

function lineOf({ tenantId, connection, agreementId, mappingId }: Entry): string {
  return JSON.stringify([tenantId, connection, agreementId, mappingId]);
}

/** Of each line the newest entry that says how it stands. `entries` are the newest first. */
export function newestOfEach(entries: readonly Entry[]): Entry[] {
  const found = new Map<string, Entry>();
  const unfrozen = new Set<string>();
  for (const entry of entries) {
    const line = lineOf(entry);
    if (entry.event === "unfrozen") unfrozen.add(line);
    const beside = BESIDE.has(entry.event) || (entry.event === "frozen" && unfrozen.has(line));
    if (!beside && !found.has(line)) found.set(line, entry);
  }
  return [...found.values()];
}

export interface Change extends Entry {
  before: number;
  after: number;
}

/** A proven change from one number to another; what came after it makes another entry the newest. */
export function isUndoable(entry: Entry | null): entry is Change {
  return (
    entry?.event === "confirmed" &&
    entry.before !== null &&
    entry.after !== null &&
    entry.before !== entry.after &&
    entry.change !== "" &&
    entry.lineId !== "" &&
    entry.tenantId !== ""
  );
}
