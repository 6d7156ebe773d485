/** How a billing profile charges: what is typed, what the API is given, and what a change means. */
import type { Schemas } from "../../../api/client";
import { fieldOf } from "../../../api/problem";
import { counted } from "../../../parts/format";

export type Billable = Schemas["ProfileInList"]["billable"];
export type PriceRule = Schemas["ProfileInList"]["priceRule"];

export const BILLABLE: Record<Billable, string> = {
  billable: "Billable",
  do_not_bill: "Do not bill",
  no_charge: "No charge",
};
export const PRICES: Record<PriceRule, string> = {
  psa: "The PSA’s",
  fixed: "Fixed",
  percent: "± % of the product’s",
};

/** A rule and its number, which makes no sense with another rule: they are changed and stored together. */
export interface Price {
  rule: PriceRule;
  amount: string;
}

export interface Terms {
  billable: Billable;
  price: Price;
}

export const USUAL: Terms = { billable: "billable", price: { rule: "psa", amount: "" } };

export function priceOf({ priceRule, price, percent }: Pick<Schemas["ShownProfile"], "priceRule" | "price" | "percent">): Price {
  return { rule: priceRule, amount: (priceRule === "fixed" ? price : percent) ?? "" };
}

export function priceWords({ rule, amount }: Price): string {
  if (rule === "percent") return `${Number(amount) > 0 ? "+" : ""}${amount} %`;
  return rule === "fixed" ? amount : PRICES.psa;
}

/** As the API is given them. */
export function givenTerms({ billable, price: { rule, amount } }: Terms) {
  return {
    billable,
    priceRule: rule,
    ...(rule === "fixed" && { price: amount.trim() }),
    ...(rule === "percent" && { percent: amount.trim() }),
  };
}

/** What a save would mean for the licences that are billed by a profile. */
export function meaningOf(change: Partial<Terms & { name: string }>, licences: number): string[] {
  const told = [`${counted(licences, "licence is", "licences are")} billed by it.`];
  if (!licences) return told;
  if (change.name !== undefined) {
    told.push("Where the text on the invoice comes from Seatwise without an own description, the next sync writes the new name.");
  }
  if (change.billable) {
    told.push(`A line that the PSA does not charge as “${BILLABLE[change.billable]}” is not written until one of them is put right.`);
  }
  if (change.price?.rule === "psa") told.push("Whatever a line’s price is in the PSA is right.");
  else if (change.price) told.push("A line of another price in the PSA is not written until one of them is put right.");
  return told;
}

/** Which of so many profiles a refusal is about, and which field of it; null: none. */
export function aboutOf(refused: Error | null, many: number): { at: number; field: string } | null {
  const [, at, field = ""] = /^(?:profiles\.(\d+)\.)?(\w+)$/.exec(fieldOf(refused)) ?? [];
  if (!field || (at === undefined && many > 1)) return null;
  return { at: Number(at ?? 0), field };
}
