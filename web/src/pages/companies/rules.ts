import type { Schemas } from "../../api/client";
import { count } from "../../parts/format";

export type Rule = Schemas["ShownRule"];

/** The licence's quantity comes from a rule. */
export function isCustom({ skuId }: { skuId: string }): boolean {
  return skuId.startsWith("custom-");
}

/** Domains as somebody types them into one line. */
export function typed(domains: string): string[] {
  return domains
    .split(/[\s,;]+/)
    .map((domain) => domain.replace(/^@/, ""))
    .filter(Boolean);
}

export type Mailbox = Rule["mailboxes"][number];

/** The kinds of mailboxes, in the order in which they are offered. */
export const MAILBOXES: Record<Mailbox, string> = {
  user: "Mailboxes of users",
  shared: "Shared mailboxes",
  room: "Rooms",
  equipment: "Equipment",
};

/** What a custom licence counts. `names` are those of the customer's licences, by SKU. */
export function words(rule: Rule, names: ReadonlyMap<string, string>): string {
  if (rule.kind === "sum") {
    const known = rule.skuIds.map((skuId) => names.get(skuId)).filter(Boolean);
    const unknown = rule.skuIds.length - known.length;
    if (unknown) known.push(`${count(unknown)} ${unknown === 1 ? "licence" : "licences"} that the customer has not`);
    return `The seats of ${known.join(" and ")}`;
  }
  if (rule.kind === "group_members") return `Users of the group ${rule.groupId} and of groups within it${without(rule)}`;
  if (rule.kind === "mailboxes") return `${rule.mailboxes.map((kind) => MAILBOXES[kind]).join(", ")}: with a licence or without`;
  const of = rule.domains.length ? ` of ${rule.domains.join(", ")}` : "";
  return `Users${of} with a licence that costs money${without(rule)}`;
}

function without({ withoutGuests, withoutDisabled }: Rule): string {
  const left = [withoutGuests && "guests", withoutDisabled && "disabled accounts"].filter(Boolean);
  return left.length ? `, without ${left.join(" and ")}` : "";
}

const GROUP_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The object id of a group, as Entra shows it. */
export function isGroupId(text: string): boolean {
  return GROUP_ID.test(text.trim());
}
