import { expect, test } from "vitest";
import { doneOf } from "../src/pages/settings/SyncsPart";

const NONE = { unchanged: 0, written: 0, held: 0, drift: 0, frozen: 0, failed: 0, wouldWrite: 0, scheduled: 0 };

test("a sync says what it did with lines, and that they are in step only where it did nothing else", () => {
  expect(doneOf({ lines: { ...NONE, unchanged: 20, written: 3, held: 1, failed: 2 } })).toBe("3 written, 1 held, 2 not in step");
  expect(doneOf({ lines: { ...NONE, wouldWrite: 4 } })).toBe("4 would be written");
  expect(doneOf({ lines: { ...NONE, unchanged: 1 } })).toBe("1 line in step");
  expect(doneOf({ lines: { ...NONE, unchanged: 5, frozen: 2, scheduled: 1 } })).toBe("2 frozen, 1 to be written later");
});
