import type { ReactElement } from "react";
import { useRoute } from "wouter";
import { useMay } from "../../app/context";
import { Page } from "../../parts/Page";
import { Tabs } from "../../parts/Tabs";
import { AccountPart } from "./AccountPart";
import { AlertsPart } from "./AlertsPart";
import { AuditPart } from "./AuditPart";
import { ConnectionsPart } from "./ConnectionsPart";
import { ExclusionsPart } from "./ExclusionsPart";
import { LogoPart } from "./LogoPart";
import { MailsPart } from "./MailsPart";
import { MembersPart } from "./MembersPart";
import { PreferencesPart } from "./PreferencesPart";
import { SyncsPart } from "./SyncsPart";
import { TicketsPart } from "./TicketsPart";

const PARTS: [string, string][] = [
  ["alerts", "Alerts and preferences"],
  ["connections", "Connections"],
  ["members", "Members"],
  ["logo", "Logo"],
  ["syncs", "Syncs"],
  ["mails", "Mails"],
];
const OF_ADMINS: [string, string][] = [
  ["account", "Account"],
  ["audit", "Audit log"],
];

/** The seed's page (notifications, alerts, exclusions, preferences), and beside it who and what is connected. */
export default function SettingsPage(): ReactElement {
  const [, route] = useRoute("/settings/:part?");
  const parts = useMay("admin") ? [...PARTS, ...OF_ADMINS] : PARTS;
  // A part that this person does not have is as none.
  const part = parts.find(([name]) => name === route?.part)?.[0] ?? "alerts";
  return (
    <Page title="Settings" about="Who is told what and when, how the account works, and what it is connected to.">
      <Tabs label="Parts of the settings" page="settings" part={part} parts={parts} />
      {part === "connections" && <ConnectionsPart />}
      {part === "members" && <MembersPart />}
      {part === "logo" && <LogoPart />}
      {part === "syncs" && <SyncsPart />}
      {part === "mails" && <MailsPart />}
      {part === "account" && <AccountPart />}
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
