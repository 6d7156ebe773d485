import { Tab, TabList } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useLocation, useRoute } from "wouter";
import { useMay } from "../../app/context";
import { Page } from "../../parts/Page";
import { AlertsPart } from "./AlertsPart";
import { AuditPart } from "./AuditPart";
import { ConnectionsPart } from "./ConnectionsPart";
import { ExclusionsPart } from "./ExclusionsPart";
import { LogoPart } from "./LogoPart";
import { MembersPart } from "./MembersPart";
import { PreferencesPart } from "./PreferencesPart";
import { TicketsPart } from "./TicketsPart";

/** The seed's page (notifications, alerts, exclusions, preferences), and beside it who and what is connected. */
export default function SettingsPage(): ReactElement {
  const [, go] = useLocation();
  const [, route] = useRoute("/settings/:part?");
  const part = route?.part ?? "alerts";
  const mayAudit = useMay("admin");
  return (
    <Page title="Settings" about="Who is told what and when, how the account works, and what it is connected to.">
      <TabList selectedValue={part} onTabSelect={(_, { value }) => go(`/settings/${String(value)}`)}>
        <Tab value="alerts">Alerts and preferences</Tab>
        <Tab value="connections">Connections</Tab>
        <Tab value="members">Members</Tab>
        <Tab value="logo">Logo</Tab>
        {mayAudit && <Tab value="audit">Audit log</Tab>}
      </TabList>
      {part === "connections" && <ConnectionsPart />}
      {part === "members" && <MembersPart />}
      {part === "logo" && <LogoPart />}
      {part === "audit" && <AuditPart />}
      {part === "alerts" && (
        <>
          <AlertsPart />
          <TicketsPart />
          <ExclusionsPart />
          <PreferencesPart />
        </>
      )}
    </Page>
  );
}
