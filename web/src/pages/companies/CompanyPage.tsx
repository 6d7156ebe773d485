import { Badge, Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState, type ReactElement } from "react";
import { useSearchParams } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { count, useFormat } from "../../parts/format";
import { Page } from "../../parts/Page";
import { Answer } from "../../parts/States";
import { SyncNow } from "../../parts/SyncNow";
import { Table, type Column } from "../../parts/Table";
import { useList } from "../../parts/useList";
import { State, type Tenant } from "./CompaniesPage";
import { CompanyFilters } from "./CompanyFilters";
import { CustomLicences } from "./CustomLicences";
import { LicenceDrawer } from "./LicenceDrawer";
import { NoLicences } from "./NoLicences";
import { RemoveCompany } from "./RemoveCompany";
import { useMappedTo, type MappedTo } from "./mappedTo";
import { isCustom } from "./rules";
import { terms } from "./terms";

export type Licence = Schemas["ShownLicence"];
type Mapped = NonNullable<Licence["mapped"]>;
const STATES: Record<Mapped["state"], [string, "success" | "warning" | "danger" | "informative"]> = {
  in_step: ["In step", "success"],
  scheduled: ["To be written", "informative"],
  held: ["Held", "warning"],
  drift: ["Changed by hand", "danger"],
  frozen: ["Frozen", "informative"],
  blocked: ["Cannot be written", "danger"],
  unknown: ["Not known", "danger"],
  not_read: ["Not read yet", "informative"],
};

const useStyles = makeStyles({
  soft: { color: tokens.colorNeutralForeground2, display: "block", textWrap: "pretty" },
});

function licenceKey(licence: Licence): string {
  return `${licence.skuId}/${licence.subscriptionId}/${licence.mapped?.companyId ?? ""}`;
}

/** One customer: its licences, what each is mapped to, and the state of its line. */
export function CompanyPage({ tenant }: { tenant: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const [search, setSearch] = useSearchParams();
  const open = search.get("licence") ?? "";
  const setOpen = useCallback((licence: string) => setSearch(licence ? { licence } : {}), [setSearch]);
  const [filtering, setFiltering] = useState(false);
  const [removing, setRemoving] = useState(false);
  const mayRemove = useMay("editor");
  const found = useQuery({
    queryKey: [account, "tenant", tenant],
    queryFn: () =>
      answer(api.GET("/api/accounts/{account}/tenants/{tenant}", { params: { path: { account, tenant } } })),
  });
  const { query, csv } = useList<Licence>(["licences", tenant], (asked, as) =>
    api.GET("/api/accounts/{account}/tenants/{tenant}/licences", {
      params: { path: { account, tenant }, query: asked },
      ...as,
    }),
  );
  const columns = useColumns(setOpen);
  return (
    <Page
      title={found.data?.name ?? "Company"}
      about={found.data && <About tenant={found.data} />}
      actions={
        found.data?.companyId && (
          <>
            {mayRemove && <Button onClick={() => setRemoving(true)}>Remove …</Button>}
            <Button onClick={() => setFiltering(true)}>Which users</Button>
            <SyncNow company={found.data.companyId} />
          </>
        )
      }
    >
      {filtering && <CompanyFilters tenant={tenant} close={() => setFiltering(false)} />}
      {removing && <RemoveCompany tenant={tenant} close={() => setRemoving(false)} />}
      <Answer query={query} rows={8}>
        {(licences) => (
          <>
            <Table
              label="Licences"
              columns={columns}
              rows={licences}
              id={licenceKey}
              text={(row) => `${row.name} ${row.partNumber}`}
              rowHeight={64}
              marked={open}
              csv={csv}
              empty={<NoLicences tenant={found.data} />}
            />
            <CustomLicences tenant={tenant} licences={licences} />
            {open && (
              <LicenceDrawer
                tenant={tenant}
                licence={licences.find((licence) => licenceKey(licence) === open)}
                close={() => setOpen("")}
              />
            )}
          </>
        )}
      </Answer>
    </Page>
  );
}

function About({ tenant }: { tenant: Tenant }): ReactElement {
  const format = useFormat();
  return (
    <>
      {tenant.domain}
      {tenant.lastRead && `, last read ${format.time(tenant.lastRead)}`} <State tenant={tenant} />
    </>
  );
}

function useColumns(open: (key: string) => void): Column<Licence>[] {
  const styles = useStyles();
  const to = useMappedTo();
  return useMemo(() => {
    const number = (key: keyof Licence, title: string): Column<Licence> => ({
      key,
      title,
      width: "84px",
      number: true,
      value: (row) => Number(row[key] ?? -1),
      cell: (row) => (row[key] === null ? "–" : count(Number(row[key]))),
    });
    return [
      {
        key: "name",
        title: "Licence",
        width: "minmax(190px, 3fr)",
        value: (row) => row.name,
        cell: (row) => (
          <>
            <Text weight="semibold">{row.name || row.partNumber || row.skuId}</Text>
            <span className={styles.soft}>{row.notCountable || (isCustom(row) ? "Custom licence" : terms(row))}</span>
          </>
        ),
      },
      number("purchased", "Purchased"),
      number("assigned", "Assigned"),
      number("spare", "Spare"),
      {
        key: "line",
        title: "Line",
        width: "minmax(220px, 4fr)",
        value: (row) => row.mapped?.state ?? "",
        cell: (row) => <LineCell licence={row} to={to} />,
      },
      {
        key: "open",
        title: "",
        width: "100px",
        cell: (row) => (
          <Button onClick={() => open(licenceKey(row))} aria-label={`Details: ${row.name}`}>
            Details
          </Button>
        ),
      },
    ];
  }, [styles, open, to]);
}

function LineCell({ licence, to }: { licence: Licence; to: (mapped: Mapped) => MappedTo }): ReactElement {
  const styles = useStyles();
  const { mapped, watched } = licence;
  if (!mapped && isCustom(licence)) return <Badge appearance="tint" color="informative">Not mapped</Badge>;
  if (!mapped) {
    return (
      <Badge appearance="tint" color={watched && licence.purchased ? "warning" : "informative"}>
        {watched ? "Not mapped" : "Free or trial"}
      </Badge>
    );
  }
  if (!mapped.bill) return <Badge appearance="tint" color="informative">Do not bill</Badge>;
  const [words, color] = STATES[mapped.state];
  const { profile, line } = to(mapped);
  return (
    <>
      <Badge appearance="tint" color={color}>
        {words}
      </Badge>{" "}
      {mapped.confirmed !== null && `says ${count(mapped.confirmed)}`}
      <span className={styles.soft}>{[profile, line].filter(Boolean).join(", ")}</span>
      {mapped.why && <span className={styles.soft}>{mapped.why}</span>}
    </>
  );
}
