import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useState, type ReactElement, type ReactNode } from "react";
import { useMay } from "../../app/context";
import { useFocusBack } from "../../parts/focusBack";
import { Actions } from "../exceptions/Actions";
import { LoadMappings } from "../exceptions/LoadMappings";
import { MapLicence } from "../exceptions/MapLicence";
import type { Licence } from "./CompanyPage";
import { StopBilling } from "./StopBilling";

const useStyles = makeStyles({
  part: { "& .fui-Select, & .fui-Select select": { minWidth: 0 } },
  soft: { color: tokens.colorNeutralForeground2 },
  away: { display: "none" },
  there: { display: "contents" },
});

interface Props {
  tenant: string;
  licence: Licence;
  /** Its mapping as it is: away while another one is chosen, with what is typed in it. */
  children?: ReactNode;
}

type Doing = "map" | "stop" | null;

/** K7, K10, K15: another line for a licence, none any more, or one again. */
export function ChangeMapping({ tenant, licence, children }: Props): ReactElement {
  const styles = useStyles();
  const mayChange = useMay("editor");
  const [doing, setDoing] = useState<Doing>(null);
  const { mapped } = licence;
  const [word, about] = wordsOf(licence);
  const opens = (what: NonNullable<Doing>, label: string) => (
    <Button aria-expanded={doing === what} disabled={doing !== null && doing !== what} onClick={() => setDoing(doing === what ? null : what)}>
      {label}
    </Button>
  );
  if (!mayChange) return <>{children}</>;
  return (
    <>
      <section aria-label="Change the mapping" className={styles.part}>
        <Text as="h3" size={400} weight="semibold" block>
          Change the mapping
        </Text>
        <p className={styles.soft}>{about}</p>
        <Actions>
          {opens("map", word)}
          {mapped?.bill && opens("stop", "Stop billing …")}
        </Actions>
        {doing && <Form tenant={tenant} licence={licence} doing={doing} close={() => setDoing(null)} />}
      </section>
      <div className={doing ? styles.away : styles.there}>{children}</div>
    </>
  );
}

function wordsOf({ mapped }: Licence): [string, string] {
  if (!mapped) return ["Map it …", "No line bills this licence."];
  if (!mapped.bill) return ["Bill it …", "It is marked “do not bill”, so no line bills it and no alert asks for one."];
  return ["Map it elsewhere …", "When a licence gets another line the old one ends on a day, and never are both billed on one day."];
}

interface FormProps {
  tenant: string;
  licence: Licence;
  doing: NonNullable<Doing>;
  close: () => void;
}

function Form({ tenant, licence, doing, close }: FormProps): ReactElement {
  const { skuId, subscriptionId, mapped } = licence;
  const companyId = mapped?.companyId ?? "";
  useFocusBack();
  if (doing === "map" || !mapped) {
    const changes = mapped ? { subscriptionId, mapped } : undefined;
    return <MapLicence tenantId={tenant} skuId={skuId} companyId={companyId} changes={changes} close={close} />;
  }
  return (
    <LoadMappings tenantId={tenant} skuId={skuId} companyId={companyId}>
      {({ profiles, agreements }, stored) => (
        <StopBilling
          tenantId={tenant}
          licence={{ skuId, subscriptionId, companyId }}
          mapped={mapped}
          profiles={profiles}
          agreements={agreements}
          stored={stored}
          close={close}
        />
      )}
    </LoadMappings>
  );
}
