import type { Schemas } from "../../api/client";

type Given = Schemas["GivenMapping"];

/** A mapping as it stands, as the API takes it. */
export function given(mapping: Schemas["ShownMapping"]): Given {
  const { skuId, subscriptionId, companyId, bill, profile, connection, agreementId, lineId, options } = mapping;
  if (!bill) return { skuId, subscriptionId, companyId, bill };
  return { skuId, subscriptionId, companyId, bill, profile, connection, agreementId, lineId, options };
}
