import { Badge, Divider, Link, Text, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useMay } from "../../app/context";
import { useFormat } from "../../parts/format";
import { SideDrawer } from "../../parts/SideDrawer";
import type { Alert } from "./ExceptionsPage";
import { AddCompany } from "./AddCompany";
import { AskForConsent } from "./AskForConsent";
import { ChooseNumber } from "./ChooseNumber";
import { ConfirmRemoval } from "./ConfirmRemoval";
import { DecideHeld } from "./DecideHeld";
import { ExcludeForm } from "./ExcludeForm";
import { MapLicence } from "./MapLicence";
import { NewPsaKeys } from "./NewPsaKeys";
import { SendMailAgain } from "./SendMailAgain";
import { SettleTicket } from "./SettleTicket";
import { SettleWrites } from "./SettleWrites";
import { SignInAtMicrosoft } from "./SignInAtMicrosoft";
import { SyncNow } from "./SyncNow";

const useStyles = makeStyles({
  line: { flexGrow: 0 },
  facts: { display: "flex", flexWrap: "wrap", gap: "4px 16px", color: tokens.colorNeutralForeground2 },
  fix: { padding: "12px", borderRadius: tokens.borderRadiusMedium, backgroundColor: tokens.colorNeutralBackground3 },
});

/** One row with everything that can be done about it; a mail's link leads here. */
export function AlertDrawer({ alert, close }: { alert: Alert | undefined; close: () => void }): ReactElement {
  return (
    <SideDrawer title={alert?.who ?? "Not open any more"} close={close}>
      {alert ? <Details alert={alert} close={close} /> : "This exception is closed: somebody has fixed it meanwhile."}
    </SideDrawer>
  );
}

function Details({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const styles = useStyles();
  const format = useFormat();
  const maySettle = useMay("admin") && alert.ticket?.progress === "undecidable";
  const mayExclude = useMay("editor") && alert.excludableBy.length > 0;
  return (
    <>
      <div className={styles.facts}>
        <Badge appearance="tint" color={alert.urgent ? "danger" : "informative"}>
          {alert.title}
        </Badge>
        <span>Open since {format.day(alert.openedAt)}</span>
        {alert.ticket?.number && <TicketLink ticket={alert.ticket} />}
        {Number(alert.money) > 0 && <span>{format.money(alert.money)} a month</span>}
      </div>
      <Text>{alert.what}</Text>
      <div className={styles.fix}>
        <Text weight="semibold" block>
          What to do
        </Text>
        {alert.fix}
      </div>
      <Remedy alert={alert} close={close} />
      {maySettle && alert.ticket && <SettleTicket reference={alert.ticket.reference} />}
      {mayExclude && (
        <>
          <Divider className={styles.line} />
          <ExcludeForm alert={alert} close={close} />
        </>
      )}
    </>
  );
}

function TicketLink({ ticket }: { ticket: Schemas["ShownTicket"] }): ReactElement {
  const words = `Ticket ${ticket.number}`;
  if (!ticket.link) return <span>{words}</span>;
  return (
    <Link href={ticket.link} target="_blank" rel="noreferrer">
      {words}
    </Link>
  );
}

function Remedy({ alert, close }: { alert: Alert; close: () => void }): ReactElement | null {
  const [admin, editor] = [useMay("admin"), useMay("editor")];
  switch (alert.type) {
    case "push_held":
      return <DecideHeld alert={alert} close={close} />;
    case "line_drift":
      return <ChooseNumber alert={alert} close={close} />;
    case "tenant_removed":
      return editor ? <ConfirmRemoval alert={alert} close={close} /> : null;
    case "tenant_not_added":
      return editor ? <AddCompany alert={alert} close={close} /> : null;
    case "no_billing_profile":
      return editor ? (
        <MapLicence
          tenantId={alert.tenantId}
          skuId={alert.skuIds[0] ?? ""}
          companyId={alert.companyId}
          close={close}
        />
      ) : null;
    case "invalid_auth":
      if (!admin) return null;
      return alert.tenantId ? <AskForConsent alert={alert} close={close} /> : <SignInAtMicrosoft alert={alert} />;
    case "psa_sign_in":
      return admin ? <NewPsaKeys alert={alert} close={close} /> : null;
    case "push_failed":
      return admin ? <SettleWrites alert={alert} close={close} /> : null;
    case "sync_overdue":
      return editor ? <SyncNow close={close} /> : null;
    case "mail_failed":
      return admin ? <SendMailAgain alert={alert} close={close} /> : null;
    default:
      return null;
  }
}
