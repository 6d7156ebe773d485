import { Tab, TabList } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useLocation, useRoute } from "wouter";
import { Page } from "../../parts/Page";
import { CertificatePart } from "./CertificatePart";
import { LedgerPart } from "./LedgerPart";
import { PlanPart } from "./PlanPart";
import { ProfilesPart } from "./ProfilesPart";

/** What the next push would do, what was done, whether the month can be invoiced, and the profiles. */
export default function BillingPage(): ReactElement {
  const [, go] = useLocation();
  const [, route] = useRoute("/billing/:part?");
  const part = route?.part ?? "plan";
  return (
    <Page title="Billing" about="What agreement lines say, what they should say, and why.">
      <TabList selectedValue={part} onTabSelect={(_, { value }) => go(`/billing/${String(value)}`)}>
        <Tab value="plan">Plan</Tab>
        <Tab value="certificate">Certificate</Tab>
        <Tab value="ledger">Ledger</Tab>
        <Tab value="profiles">Billing profiles</Tab>
      </TabList>
      {part === "plan" && <PlanPart />}
      {part === "certificate" && <CertificatePart />}
      {part === "ledger" && <LedgerPart />}
      {part === "profiles" && <ProfilesPart />}
    </Page>
  );
}
