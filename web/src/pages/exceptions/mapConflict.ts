import type { Beside } from "../../parts/Conflict";
import type { Mapping } from "../../parts/mapping/livePreview";
import { quantityWords } from "../../parts/mapping/quantity";

type Named = { id: string; name: string }[];

/** Do two mappings bill the same of a tenant? */
export function isSame(one: Mapping, other: Mapping): boolean {
  return (
    one.skuId === other.skuId &&
    (one.subscriptionId ?? "") === (other.subscriptionId ?? "") &&
    (one.companyId ?? "") === (other.companyId ?? "")
  );
}

/** What somebody else stored for a licence, beside what was chosen here. */
export function besideOf(theirs: Mapping | undefined, mine: Mapping | undefined, profiles: Named, agreements: Named): Beside {
  const name = (of: Named, id: string | undefined) => of.find((one) => one.id === id)?.name ?? id ?? "";
  const words = (mapping: Mapping | undefined) => {
    if (!mapping) return "not mapped";
    if (mapping.bill === false) return "not billed";
    const line = mapping.lineId ? `line ${mapping.lineId}` : "a new line";
    const quantity = quantityWords(mapping.options ?? {});
    const told = [name(profiles, mapping.profile), name(agreements, mapping.agreementId), line, quantity];
    return told.filter(Boolean).join(", ");
  };
  const [stored, chosen] = [words(theirs), words(mine)];
  return { name: "This licence", theirs: stored, mine: stored === chosen && mine?.bill !== false ? `${chosen}, with other options` : chosen };
}
