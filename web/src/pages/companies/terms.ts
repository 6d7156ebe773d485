/** For how long subscriptions are bought, as far as it is known. */
import type { Schemas } from "../../api/client";
import { counted, day } from "../../parts/format";

type Licence = Schemas["ShownLicence"];

export const TERMS: Record<string, string> = { P1M: "Monthly", P1Y: "For a year", P3Y: "For three years" };

/** Term and renewal of its subscriptions, as far as they are known. */
export function terms({ subscriptions, partNumber }: Pick<Licence, "subscriptions" | "partNumber">): string {
  const known = subscriptions.filter((subscription) => subscription.renewsOn);
  if (!known.length) return partNumber;
  const first = known.map((subscription) => subscription.renewsOn ?? "").sort()[0] ?? "";
  const word = known.some((subscription) => subscription.autoRenew === false) ? "ends" : "renews";
  const lengths = new Set(subscriptions.map(({ term }) => TERMS[term]));
  const length = lengths.size === 1 ? ([...lengths][0] ?? "") : "";
  const told = [counted(subscriptions.length, "subscription"), length.toLowerCase()].filter(Boolean);
  return `${told.join(" ")}, ${word} ${day(first)}`;
}
