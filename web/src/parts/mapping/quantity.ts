import type { Schemas } from "../../api/client";
import { count } from "../format";

type Options = Pick<Schemas["ShownOptions"], "basis" | "included" | "minimum" | "difference">;
export type Basis = Options["basis"];

/** Of a mapping's options those that decide its number, as they are typed. */
export interface Quantity {
  basis: Basis;
  included: string;
  minimum: string;
  difference: string;
}

export const QUANTITY_NAMES: Record<keyof Quantity, string> = {
  basis: "Basis",
  included: "Included quantity",
  minimum: "Minimum quantity",
  difference: "Difference",
};
export const BASES: Record<Basis, string> = { purchased: "Purchased seats", assigned: "Assigned seats" };

/** As many as the API takes. */
const MOST = 1_000_000;
const SEATS = `Give a whole number of seats, from 0 to ${count(MOST)}.`;
const DIFFERENCE = `Give a whole number of seats, with a minus for fewer, up to ${count(MOST)}.`;

/** What can be counted: users of a single subscription are not known, and purchased seats belong to no part of the users. */
export function basesOf({ subscriptionId, companyId }: { subscriptionId?: string; companyId?: string }): Basis[] {
  if (subscriptionId) return ["purchased"];
  return companyId ? ["assigned"] : ["purchased", "assigned"];
}

/** How the options are typed; of a new mapping those that the API takes where nothing is given. */
export function typedOf({ basis = "purchased", included = 0, minimum = 0, difference = 0 }: Partial<Options>): Quantity {
  return { basis, included: String(included), minimum: String(minimum), difference: String(difference) };
}

/** What makes no sense of what is typed, by its field. */
export function wrongIn({ included, minimum, difference }: Quantity): Partial<Record<keyof Quantity, string>> {
  return {
    ...(isWithin(included, 0) ? {} : { included: SEATS }),
    ...(isWithin(minimum, 0) ? {} : { minimum: SEATS }),
    ...(isWithin(difference, -MOST) ? {} : { difference: DIFFERENCE }),
  };
}

/** The options as the API takes them; null while something that is typed makes no sense. */
export function optionsOf(quantity: Quantity): Options | null {
  if (Object.keys(wrongIn(quantity)).length) return null;
  const { basis, included, minimum, difference } = quantity;
  return { basis, included: numberOf(included), minimum: numberOf(minimum), difference: numberOf(difference) };
}

/** What differs from a mapping that bills just what is purchased: "assigned seats, 2 included, at least 5, 3 more". */
export function quantityWords({ basis, included, minimum, difference }: Partial<Options>): string {
  const told = [
    basis === "assigned" && "assigned seats",
    included && `${count(included)} included`,
    minimum && `at least ${count(minimum)}`,
    difference && `${count(Math.abs(difference))} ${difference > 0 ? "more" : "fewer"}`,
  ];
  return told.filter(Boolean).join(", ");
}

function isWithin(typed: string, least: number): boolean {
  const value = numberOf(typed);
  return value >= least && value <= MOST;
}

/** NaN for what is no whole number. */
function numberOf(typed: string): number {
  const plain = typed.trim().replace("−", "-");
  return /^[+-]?\d+$/.test(plain) ? Number(plain) + 0 : NaN;
}
