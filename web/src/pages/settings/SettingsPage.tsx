import type { ReactElement } from "react";
import { useRoute } from "wouter";
import { useMay } from "../../app/context";
import { Page } from "../../parts/Page";
import { Tabs } from "../../parts/Tabs";
import { AlertsPart } from "./AlertsPart";
import { AuditPart } from "./AuditPart";
import { ConnectionsPart } from "./ConnectionsPart";
import { ExclusionsPart } from "./ExclusionsPart";
import { LogoPart } from "./LogoPart";
import { MembersPart } from "./MembersPart";
import { PreferencesPart } from "./PreferencesPart";
import { TicketsPart } from "./TicketsPart";

const PARTS: [string, string][] = [
  ["alerts", "Alerts and preferences"],
  ["connections", "Connections"],
  ["members", "Members"],
  ["logo", "Logo"],
];

/** The seed's page (notifications, alerts, exclusions, preferences), and beside it who and what is connected. */
export default function SettingsPage(): ReactElement {
  const [, route] = useRoute("/settings/:part?");
  const part = route?.part ?? "alerts";
  const mayAudit = useMay("admin");
  return (
    <Page title="Settings" about="Who is told what and when, how the account works, and what it is connected to.">
      <Tabs label="Parts of the settings" page="settings" part={part} parts={mayAudit ? [...PARTS, ["audit", "Audit log"]] : PARTS} />
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
