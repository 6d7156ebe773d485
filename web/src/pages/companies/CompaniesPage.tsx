import { Badge, Button, Dropdown, Option, makeStyles } from "@fluentui/react-components";
import { BuildingMultipleRegular } from "@fluentui/react-icons";
import { useMemo, useState, type ReactElement } from "react";
import { useLocation, useRoute, useSearchParams } from "wouter";
import type { Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { CustomerLink } from "../../parts/CustomerLink";
import { useFormat } from "../../parts/format";
import { Page } from "../../parts/Page";
import { Answer, Empty } from "../../parts/States";
import { SyncNow } from "../../parts/SyncNow";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { AddInBulk } from "./AddInBulk";
import { CompanyPage } from "./CompanyPage";

export type Tenant = Schemas["ShownTenant"];
const SHOWN = { all: "All tenants", added: "Added", not_added: "Not added", not_read: "Not read" } as const;
type Shown = keyof typeof SHOWN;

const useStyles = makeStyles({ why: { display: "block", marginTop: "2px", textWrap: "pretty" } });

export default function CompaniesPage(): ReactElement {
  const [, route] = useRoute("/companies/:tenant");
  return route?.tenant ? <CompanyPage key={route.tenant} tenant={route.tenant} /> : <Tenants />;
}

function fits(tenant: Tenant, shown: Shown): boolean {
  if (shown === "added") return tenant.added;
  if (shown === "not_added") return !tenant.added;
  return shown === "all" || tenant.notReadBecause !== null;
}

/** Every customer of every partner connection, and whether it is added and read. */
function Tenants(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const format = useFormat();
  const mayAdd = useMay("editor");
  const [, go] = useLocation();
  const [search, setSearch] = useSearchParams();
  const asked = search.get("show") ?? "";
  const shown: Shown = Object.hasOwn(SHOWN, asked) ? (asked as Shown) : "all";
  const [adding, setAdding] = useState(false);
  const { query, csv } = useList<Tenant>(["tenants"], (asked, as) =>
    api.GET("/api/accounts/{account}/tenants", { params: { path: { account }, query: asked }, ...as }),
  );
  const columns = useMemo<Column<Tenant>[]>(
    () => [
      {
        key: "name",
        title: "Customer",
        width: "minmax(150px, 2fr)",
        value: (row) => row.name,
        cell: (row) => (row.added ? <CustomerLink tenant={row.id} name={row.name} /> : row.name),
      },
      { key: "domain", title: "Domain", width: "minmax(230px, 2fr)", value: (row) => row.domain, cell: (row) => row.domain },
      {
        key: "state",
        title: "State",
        width: "minmax(220px, 3fr)",
        value: (row) => (row.added ? row.state : ""),
        cell: (row) => <State tenant={row} />,
      },
      {
        key: "read",
        title: "Last read",
        titled: true,
        width: "130px",
        value: (row) => row.lastRead ?? "",
        cell: (row) => (row.lastRead ? format.time(row.lastRead) : "–"),
      },
    ],
    [format],
  );
  return (
    <Page
      title="Companies"
      about="Every customer tenant of your partner connections. A company links a tenant with its company in the PSA."
      actions={
        mayAdd && (
          <>
            <SyncNow />
            <Button appearance="primary" onClick={() => setAdding(true)}>
              Add companies
            </Button>
          </>
        )
      }
    >
      {adding && <AddInBulk close={() => setAdding(false)} />}
      <Answer query={query} rows={10}>
        {(rows) => (
          <Table
            label="Tenants"
            columns={columns}
            rows={shown === "all" ? rows : rows.filter((row) => fits(row, shown))}
            id={(row) => row.id}
            text={(row) => `${row.name} ${row.domain} ${row.id}`}
            csv={csv}
            more={isPart(rows)}
            tools={
              rows.length > 0 && <Dropdown
                aria-label="Which tenants"
                value={SHOWN[shown]}
                selectedOptions={[shown]}
                onOptionSelect={(_, { optionValue = "all" }) => setSearch(optionValue === "all" ? {} : { show: optionValue })}
              >
                {(Object.keys(SHOWN) as Shown[]).map((one) => (
                  <Option key={one} value={one}>
                    {SHOWN[one]}
                  </Option>
                ))}
              </Dropdown>
            }
            empty={
              <Empty icon={<BuildingMultipleRegular />} title={rows.length ? "None of these" : "No tenants yet"}>
                {rows.length ? (
                  "Take a word or the filter away."
                ) : (
                  <>
                    <p>They come with the first sync after your Microsoft partner tenant is connected.</p>
                    <Button onClick={() => go("/settings/connections")}>Look at the connections</Button>
                  </>
                )}
              </Empty>
            }
          />
        )}
      </Answer>
    </Page>
  );
}

export function State({ tenant }: { tenant: Tenant }): ReactElement {
  const styles = useStyles();
  const format = useFormat();
  if (!tenant.added) {
    return (
      <>
        <Badge appearance="tint" color={tenant.excluded ? "informative" : "warning"}>
          {tenant.excluded ? "Excluded" : "Not added"}
        </Badge>
        {!tenant.listings.some((listing) => listing.canBeRead) && " no active GDAP"}
      </>
    );
  }
  if (tenant.notReadBecause) {
    return (
      <>
        <Badge appearance="tint" color="danger">
          {tenant.notReadSince ? `Not read since ${format.day(tenant.notReadSince)}` : "Not read"}
        </Badge>
        <span className={styles.why}>{tenant.notReadBecause.sentence}</span>
      </>
    );
  }
  return (
    <>
      <Badge appearance="tint" color="success">
        {tenant.lastRead ? "Read" : "Waits for its first read"}
      </Badge>
      {tenant.excluded && " excluded from alerts"}
      {tenant.doubted && " what was read is hard to believe"}
    </>
  );
}
