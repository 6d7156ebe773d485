import { expect, test } from "vitest";
import { isUndoable, newestOfEach, type Entry } from "../src/pages/billing/lines/newestChange";

const CONFIRMED = { event: "confirmed", tenantId: "t", connection: "cw", agreementId: "510", mappingId: "m", lineId: "9018", change: "c", before: 14, after: 17 };
const entry = (told: Partial<Entry>) => ({ ...CONFIRMED, ...told }) as Entry;
/** What can be undone of a line, as its ledger stands, the newest first. */
const undoable = (...events: Entry["event"][]) => newestOfEach(events.map((event) => entry({ event }))).map(isUndoable);

test("only the newest change of each line can be undone", () => {
  const older = entry({ change: "older", before: 12, after: 14 });
  const other = entry({ mappingId: "n", change: "other" });
  const newest = newestOfEach([entry({}), other, older]);
  expect(newest.filter(isUndoable).map(({ change }) => change)).toEqual(["c", "other"]);
});

test("a mapping that moved to another agreement has a line in each", () => {
  expect(newestOfEach([entry({ agreementId: "511" }), entry({})])).toHaveLength(2);
});

test.each(["intended", "unknown", "undecidable", "diverged", "taken", "kept", "frozen", "undone", "approved", "ending", "ended", "released"] as const)(
  "a change that was overtaken cannot be undone: %s",
  (event) => expect(undoable(event, "confirmed")).toEqual([false]),
);

test("what leaves the number as it was leaves the change to be undone", () => {
  expect(undoable("text_written", "held", "rejected", "confirmed")).toEqual([true]);
  expect(undoable("unfrozen", "frozen", "confirmed")).toEqual([true]);
  expect(undoable("frozen", "unfrozen", "frozen", "confirmed")).toEqual([false]);
});

test.each([{ before: null }, { after: null }, { after: 14 }, { change: "" }, { lineId: "" }, { tenantId: "" }])(
  "a change without both numbers, its id or its line cannot be undone: %j",
  (told) => expect(isUndoable(entry(told))).toBe(false),
);

test("of a line to which nothing has happened there is nothing to undo", () => {
  expect(newestOfEach([])).toEqual([]);
  expect(isUndoable(null)).toBe(false);
});
