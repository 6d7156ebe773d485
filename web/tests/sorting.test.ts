import { expect, test } from "vitest";
import { matching, sorted } from "../src/parts/sorting";

const rows = [
  { name: "Kestrel 10", seats: 4 },
  { name: "Kestrel 9", seats: null },
  { name: "Élan", seats: 40 },
];

test("numbers sort as numbers, and what is not known comes last in both directions", () => {
  const seats = (row: (typeof rows)[number]) => row.seats;
  expect(sorted(rows, seats, "ascending").map(seats)).toEqual([4, 40, null]);
  expect(sorted(rows, seats, "descending").map(seats)).toEqual([40, 4, null]);
});

test("names sort as people read them", () => {
  expect(sorted(rows, (row) => row.name, "ascending").map((row) => row.name)).toEqual([
    "Élan",
    "Kestrel 9",
    "Kestrel 10",
  ]);
});

test("a search finds every word anywhere, without case and accents", () => {
  expect(matching(rows, (row) => row.name, " elan ").map((row) => row.name)).toEqual(["Élan"]);
  expect(matching(rows, (row) => row.name, "9 kes").map((row) => row.name)).toEqual(["Kestrel 9"]);
  expect(matching(rows, (row) => row.name, "")).toBe(rows);
});
