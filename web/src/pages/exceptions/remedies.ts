/** Which remedy a row offers, and to whom. */
import { may, type Role } from "../../app/context";
import type { Schemas } from "../../api/client";

type Alert = Schemas["ShownAlert"];

interface Remedy {
  /** What the button of the row says. */
  word: string;
  least: Role;
}

const REMEDIES: Partial<Record<string, Remedy>> = {
  push_held: { word: "Decide", least: "admin" },
  line_drift: { word: "Choose", least: "admin" },
  invalid_auth: { word: "Sign in again", least: "admin" },
  psa_sign_in: { word: "Enter keys", least: "admin" },
  push_failed: { word: "Put right", least: "admin" },
  sync_overdue: { word: "Sync now", least: "editor" },
  tenant_removed: { word: "Confirm", least: "editor" },
  no_billing_profile: { word: "Map", least: "editor" },
  tenant_not_added: { word: "Add company", least: "editor" },
  mail_failed: { word: "Send again", least: "admin" },
};

/** What is usually fine and then excluded; elsewhere excluding is the last thing to do. */
const EXCLUDED = ["unused_licenses", "shared_mailbox_licenses", "renewal_due"];

/** The word of the row's button: its own remedy, else to exclude it; who may do neither only looks. */
export function remedyOf(alert: Pick<Alert, "type" | "tenantId">, role: Role): string {
  const remedy = REMEDIES[alert.type];
  // Only a partner connection is signed in to again: of a tenant its administrator is asked.
  if (alert.type === "invalid_auth" && alert.tenantId && may(role, "admin")) return "Put right";
  if (remedy && may(role, remedy.least)) return remedy.word;
  return EXCLUDED.includes(alert.type) && may(role, "editor") ? "Exclude" : "Look";
}
