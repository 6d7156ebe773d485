/** What changed, and how long a term is, in words for a customer's users. */
import type { Schemas } from "../../api/client";
import { count, counted, day } from "../../parts/format";

type Licence = Schemas["ShownPortalLicence"];
type PersonChange = Schemas["ShownPersonChange"];

interface Change {
  on: string;
  text: string;
}

export function changesOf({ name, changes }: Pick<Licence, "name" | "changes">): Change[] {
  return changes
    .filter(({ before, after }) => before.purchased !== after.purchased)
    .map(({ on, before, after, notReadSince }) => {
      const since = notReadSince ? ` (it may have been on any day from ${day(notReadSince)})` : "";
      if (after.purchased === null) return { on, text: `${name}: its number is not known${since}` };
      const seats = counted(after.purchased, "seat");
      return { on, text: before.purchased === null ? `${name}: ${seats}${since}` : `${name}: from ${count(before.purchased)} to ${seats}${since}` };
    });
}

export function personChange({ event, name, came, went }: Pick<PersonChange, "event" | "name" | "came" | "went">): string {
  if (event === "gone") return `${name} has no licence any more (had ${went.join(", ")})`;
  const parts = [came.length ? `got ${came.join(", ")}` : "", went.length ? `gave up ${went.join(", ")}` : ""];
  return `${name} ${parts.filter(Boolean).join(" and ") || "is new"}`;
}

/** "P1Y" as "1 year"; "" for what is not known. */
export function durationOf(duration: string): string {
  const found = /^P(\d+)([YMWD])$/.exec(duration);
  if (!found) return "";
  const word = { Y: "year", M: "month", W: "week", D: "day" }[found[2] as "Y" | "M" | "W" | "D"];
  return counted(Number(found[1]), word);
}
