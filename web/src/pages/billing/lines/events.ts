import type { Schemas } from "../../../api/client";

export type Event = Schemas["ShownLedgerEntry"]["event"];
/** What happened to a line, as the ledger calls it. */
export const EVENTS: Record<Event, string> = {
  adopted: "Taken over",
  released: "Let go",
  held: "Held",
  approved: "Approved",
  rejected: "Rejected",
  intended: "Intended",
  confirmed: "Confirmed",
  not_applied: "Not applied",
  refused: "Refused",
  unknown: "Not known",
  undecidable: "Undecidable",
  settled: "Settled by a person",
  diverged: "Something else came",
  taken: "Theirs taken",
  kept: "Ours kept",
  ending: "To end on a day",
  ended: "Ends on a day",
  prorated: "Prorated by a second line",
  text_intended: "Text to be written",
  text_written: "Text written",
  text_not_written: "Text not written",
  frozen: "Frozen",
  unfrozen: "Unfrozen",
  undone: "Undone",
};
