import { expect, test } from "vitest";
import { asked, told } from "../src/pages/settings/TicketsPart";

const chosen = {
  on: true,
  connection: "cw",
  board: "2",
  boardName: "Licences",
  priority: "4",
  priorityName: "Low",
  closedStatus: "202",
  closedStatusName: "Closed",
  company: "7",
  companyName: "Ourselves",
  types: [{ type: "unused_licenses", since: "2026-11-28T00:00:00Z" }],
  atMost: 25,
};

test("settings of tickets are sent as ids and types, without what things were called", () => {
  expect(asked(chosen)).toEqual({
    on: true,
    connection: "cw",
    board: "2",
    priority: "4",
    closedStatus: "202",
    company: "7",
    types: ["unused_licenses"],
    atMost: 25,
  });
});

test("a ticket of which no answer came tells what to look for, and that no second one is made", () => {
  expect(told({ progress: "undecidable", reference: "SW-1" })).toMatch(/no second one until an admin looked for SW-1/);
  expect(told({ progress: "refused", reference: "SW-1" })).toContain("did not take it");
  expect(told({ progress: "open", reference: "SW-1" })).toContain("Close it by hand");
});
