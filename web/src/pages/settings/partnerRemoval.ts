/** What becomes of a partner's customers when its connection is removed; pure. */
import type { Schemas } from "../../api/client";
import { counted } from "../../parts/format";

type Tenant = Pick<Schemas["ShownTenant"], "name" | "added" | "listings">;
/** So many companies are named; the others are counted. */
const NAMED = 5;

/** One sentence each for those that stay, those that nobody sees any more, and those that keep it from being removed. */
export function fateOf(tenants: readonly Tenant[], connection: string): string[] {
  const listed = tenants.filter(({ listings }) => listings.some(({ partnerConnection }) => partnerConnection === connection));
  if (!listed.length) return ["No customer is known from its list."];
  const alone = listed.filter(({ listings }) => listings.length === 1);
  const added = alone.filter((tenant) => tenant.added);
  const shared = listed.length - alone.length;
  const unseen = alone.length - added.length;
  return [
    `${counted(listed.length, "customer is", "customers are")} in its list.`,
    shared && `${counted(shared, "customer is", "customers are")} in another partner’s list too: nothing changes there.`,
    unseen &&
      `${counted(unseen, "customer that is not added is", "customers that are not added are")} in no other list: Seatwise sees them no more, ` +
        "neither as a tenant to add nor on the month-end certificate.",
    added.length &&
      `${counted(added.length, "company is", "companies are")} read through it alone: ${named(added)}. ` +
        "Remove them first, or connect another partner that lists them.",
  ].filter((sentence): sentence is string => Boolean(sentence));
}

function named(tenants: readonly Tenant[]): string {
  const names = tenants.slice(0, NAMED).map(({ name }) => name);
  return tenants.length > NAMED ? `${names.join(", ")} and ${counted(tenants.length - NAMED, "other")}` : names.join(", ");
}
