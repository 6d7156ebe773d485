import type { Schemas } from "../../api/client";

type Row = Pick<Schemas["ShownCertificateRow"], "reason" | "tenantId" | "customer" | "skuId">;
type Alert = Pick<Schemas["ShownAlert"], "id" | "type" | "tenantId" | "who" | "skuIds">;

/** The alert type that tells people of a row that is open for this reason; other reasons have none. */
const TYPES: Partial<Record<Row["reason"], string>> = {
  not_added: "tenant_not_added",
  list_incomplete: "invalid_auth",
  never_read: "invalid_auth",
  stale: "invalid_auth",
  not_mapped: "no_billing_profile",
  billed_until: "no_billing_profile",
  to_end: "push_failed",
  no_line: "push_failed",
  held: "push_held",
  drift: "line_drift",
  blocked: "push_failed",
  unknown: "push_failed",
  in_no_company: "filter_coverage",
};

/** Where a person puts right what is open: the row among the exceptions, or all of its type; "" where there is none. */
export function exceptionOf(row: Row, alerts: Alert[]): string {
  const type = TYPES[row.reason];
  const ofType = alerts.filter((alert) => alert.type === type);
  const its = ofType.find((alert) => isAbout(alert, row));
  if (its) return `/exceptions/${its.id}`;
  return type && ofType.length ? `/exceptions?type=${type}` : "";
}

function isAbout({ tenantId, who, skuIds }: Alert, row: Row): boolean {
  if (!row.tenantId) return !tenantId && who === row.customer;
  return tenantId === row.tenantId && (skuIds.length === 0 || skuIds.includes(row.skuId));
}
