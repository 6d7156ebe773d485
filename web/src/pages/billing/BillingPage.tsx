import type { ReactElement } from "react";
import { useRoute } from "wouter";
import { Page } from "../../parts/Page";
import { Tabs } from "../../parts/Tabs";
import { CertificatePart } from "./CertificatePart";
import { EndingPart } from "./EndingPart";
import { LedgerPart } from "./LedgerPart";
import { PlanPart } from "./PlanPart";
import { ProfilesPart } from "./ProfilesPart";

const PARTS: [string, string][] = [
  ["plan", "Plan"],
  ["certificate", "Certificate"],
  ["ledger", "Ledger"],
  ["ending", "Ending lines"],
  ["profiles", "Billing profiles"],
];

/** What the next push would do, what was done, whether the month can be invoiced, and the profiles. */
export default function BillingPage(): ReactElement {
  const [, route] = useRoute("/billing/:part?");
  const part = route?.part ?? "plan";
  return (
    <Page title="Billing" about="What agreement lines say, what they should say, and why.">
      <Tabs label="Parts of billing" page="billing" part={part} parts={PARTS} />
      {part === "plan" && <PlanPart />}
      {part === "certificate" && <CertificatePart />}
      {part === "ledger" && <LedgerPart />}
      {part === "ending" && <EndingPart />}
      {part === "profiles" && <ProfilesPart />}
    </Page>
  );
}
