import type { Schemas } from "../../api/client";
import { counted, day } from "../../parts/format";

type Licence = Schemas["ShownLicence"];
type Row = Pick<Licence, "subscriptionId" | "purchased" | "parts" | "startsSplit" | "mapped"> & {
  subscriptions: Pick<Licence["subscriptions"][number], "id" | "seats" | "renewsOn">[];
};

/** What of a licence one line can bill. */
export interface Part {
  /** "" is the licence as a whole. */
  subscriptionId: string;
  name: string;
}

/**
 * What of a licence is not mapped yet, by its rows; the account's first choice comes first. Where a subscription is
 * mapped the rest is mapped by subscription too, so that no seat is billed twice.
 */
export function partsOf(rows: Row[]): Part[] {
  if (rows.some(({ subscriptionId }) => subscriptionId)) {
    return rows.filter(({ mapped, purchased }) => !mapped && purchased !== 0).map((row) => part(row, row.subscriptionId));
  }
  const whole = { subscriptionId: "", name: "The whole licence, on one line" };
  const row = rows[0];
  if (!row) return [whole];
  const parts = row.parts.map((id) => part(row, id));
  return row.startsSplit ? [...parts, whole] : [whole, ...parts];
}

function part({ subscriptions }: Row, id: string): Part {
  const bought = subscriptions.find((subscription) => subscription.id === id);
  const seats = bought ? `, ${counted(bought.seats, "seat")}` : "";
  const renews = bought?.renewsOn ? `, term ends ${day(bought.renewsOn)}` : "";
  return { subscriptionId: id, name: `Only subscription ${id.slice(0, 8)}${seats}${renews}` };
}
