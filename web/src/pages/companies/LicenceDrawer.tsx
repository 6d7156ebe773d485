import { Button, Field, Input, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { AS_CSV, download } from "../../parts/download";
import { capital, count, counted, day } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { SideDrawer } from "../../parts/SideDrawer";
import { Answer } from "../../parts/States";
import { LineDecisions } from "../billing/lines/LineDecisions";
import { MapLicence } from "../exceptions/MapLicence";
import { ChangeMapping } from "./ChangeMapping";
import { MappingPart } from "./MappingPart";
import { whyNobody } from "./NoLicences";
import { SeatsChart } from "./SeatsChart";
import type { Licence } from "./CompanyPage";
import { useMappedTo } from "./mappedTo";
import { isCustom } from "./rules";
import { TERMS } from "./terms";

const useStyles = makeStyles({
  facts: { display: "grid", gridTemplateColumns: "auto 1fr", gap: "4px 16px", margin: 0, "& dd": { margin: 0 } },
  soft: { color: tokens.colorNeutralForeground2 },
  people: { margin: 0, padding: 0, listStyleType: "none", "& li": { padding: "4px 0", overflowWrap: "anywhere" } },
});

interface Props {
  tenant: string;
  licence: Licence | undefined;
  close: () => void;
}

/** Everything of one licence: why its line says its number, how it changed, and who has it. */
export function LicenceDrawer({ tenant, licence, close }: Props): ReactElement {
  const mayMap = useMay("editor");
  return (
    <SideDrawer title={licence?.name ?? "Licence"} close={close}>
      {licence ? (
        <>
          <Facts licence={licence} />
          {mayMap && isCustom(licence) && !licence.mapped && (
            <section aria-label="Map it to a line">
              <MapLicence tenantId={tenant} skuId={licence.skuId} companyId="" close={close} />
            </section>
          )}
          {licence.mapped?.bill && <Why tenant={tenant} mapping={licence.mapped.mappingId} />}
          {licence.mapped?.bill && <LineDecisions key={`line ${licence.mapped.mappingId}`} tenantId={tenant} mappingId={licence.mapped.mappingId} />}
          <Mapping tenant={tenant} licence={licence} />
          <History tenant={tenant} licence={licence} />
          <People tenant={tenant} licence={licence} />
        </>
      ) : (
        "This licence is gone."
      )}
    </SideDrawer>
  );
}

/** What is billed of it, and how that is changed; a custom licence without a mapping has its form above. */
function Mapping({ tenant, licence }: { tenant: string; licence: Licence }): ReactElement {
  const { mapped } = licence;
  const part = mapped?.bill ? <MappingPart key={mapped.mappingId} tenant={tenant} mapped={mapped} /> : null;
  if (isCustom(licence) && !mapped) return <></>;
  return (
    <ChangeMapping tenant={tenant} licence={licence}>
      {part}
    </ChangeMapping>
  );
}

function Facts({ licence }: { licence: Licence }): ReactElement {
  const styles = useStyles();
  const to = useMappedTo();
  const mapped = licence.mapped?.bill ? to(licence.mapped) : { profile: "", line: "" };
  const billed: [string, string][] = [
    ["Billing profile", mapped.profile],
    ["Agreement line", capital(mapped.line)],
  ];
  const facts: [string, number | null][] = [
    ["Purchased", licence.purchased],
    ["Assigned", licence.assigned],
    ["Spare", licence.spare],
    ["On trial", licence.onTrial],
    ["In grace", licence.inGrace],
    ["Suspended", licence.suspended],
    ["Sold by others", licence.soldByOthers],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(
        ([name, value]) =>
          value !== null &&
          (value > 0 || name === "Purchased") && (
            <div key={name} style={{ display: "contents" }}>
              <dt className={styles.soft}>{name}</dt>
              <dd>{count(value)}</dd>
            </div>
          ),
      )}
      {licence.subscriptions.map((subscription) => (
        <div key={subscription.id} style={{ display: "contents" }}>
          <dt className={styles.soft}>{TERMS[subscription.term] ?? "Subscription"}</dt>
          <dd>
            {counted(subscription.seats, "seat")}
            {subscription.renewsOn
              ? `, ${subscription.autoRenew === false ? "ends" : "renews"} ${day(subscription.renewsOn)}`
              : ", term not known"}
          </dd>
        </div>
      ))}
      {billed.map(
        ([name, value]) =>
          value && (
            <div key={name} style={{ display: "contents" }}>
              <dt className={styles.soft}>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** N4: why the line says its number, on any day. */
function Why({ tenant, mapping }: { tenant: string; mapping: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const [on, setOn] = useState("");
  const why = useQuery({
    queryKey: [account, "why", tenant, mapping, on],
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/tenants/{tenant}/mappings/{mapping}/why", {
          params: { path: { account, tenant, mapping }, query: on ? { on } : {} },
        }),
      ),
  });
  return (
    <section aria-label="Why this number">
      <Text as="h3" size={400} weight="semibold" block>
        Why this number?
      </Text>
      <Answer query={why} rows={2}>
        {(found) => <p>{found.sentence}</p>}
      </Answer>
      <Field label="On another day">
        <Input type="date" value={on} onChange={(_, { value }) => setOn(value)} />
      </Field>
      {on && why.isSuccess && <PeopleThen tenant={tenant} mapping={mapping} on={on} />}
    </section>
  );
}

/** Who had the licence at the end of a day, as far as the line's company goes. */
function PeopleThen({ tenant, mapping, on }: { tenant: string; mapping: string; on: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const people = useQuery({
    queryKey: [account, "people-then", tenant, mapping, on],
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/tenants/{tenant}/mappings/{mapping}/people", {
          params: { path: { account, tenant, mapping }, query: { on, limit: 200 } },
        }),
      ),
  });
  return (
    <Answer query={people} rows={2}>
      {({ items, next }) => (
        <>
          <Text>{items.length ? `Who had it on ${day(on)}:` : `Nobody had it on ${day(on)}.`}</Text>
          <Names users={items} more={next && "… and more."} />
        </>
      )}
    </Answer>
  );
}

function History({ tenant, licence }: { tenant: string; licence: Licence }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const history = useQuery({
    queryKey: [account, "history", tenant, licence.skuId, licence.subscriptionId],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/tenants/{tenant}/licences/{sku}/history", {
          params: {
            path: { account, tenant, sku: licence.skuId },
            query: { limit: 200, cursor, subscription: licence.subscriptionId },
          },
        }),
      ),
  });
  return (
    <section aria-label="Seats over time">
      <Text as="h3" size={400} weight="semibold" block>
        Seats over time
      </Text>
      <Answer query={history} rows={2}>
        {(days) => <SeatsChart days={days} />}
      </Answer>
    </section>
  );
}

function People({ tenant, licence }: { tenant: string; licence: Licence }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const { failed } = useNotices();
  const people = useQuery({
    queryKey: [account, "people", tenant, licence.skuId],
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/tenants/{tenant}/licences/{sku}/users", {
          params: { path: { account, tenant, sku: licence.skuId }, query: { limit: 200 } },
        }),
      ),
  });
  const csv = () =>
    download(
      api.GET("/api/accounts/{account}/tenants/{tenant}/licences/{sku}/users", {
        params: { path: { account, tenant, sku: licence.skuId } },
        ...AS_CSV,
      }),
      "licence-users.csv",
    ).catch((error: unknown) => failed("The file was not made.", error));
  return (
    <section aria-label="Who has it">
      <Text as="h3" size={400} weight="semibold" block>
        Who has it
      </Text>
      <Answer query={people} rows={3}>
        {({ items, next }) =>
          items.length ? (
            <>
              <Names users={items} more={next && "… and more; the CSV has all."} />
              <Button onClick={() => void csv()} aria-label="CSV of who has it">
                CSV
              </Button>
            </>
          ) : (
            <>{whyNobody(licence)}</>
          )
        }
      </Answer>
    </section>
  );
}

/** `more`: what is said where these are not all. */
function Names({ users, more }: { users: Schemas["ShownUser"][]; more: string | null | undefined }): ReactElement {
  const styles = useStyles();
  return (
    <ul className={styles.people}>
      {users.map((user) => (
        <li key={user.id}>
          {user.name} <span className={styles.soft}>{user.userPrincipalName}</span>
        </li>
      ))}
      {more && <li className={styles.soft}>{more}</li>}
    </ul>
  );
}
