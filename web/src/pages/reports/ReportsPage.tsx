import { Badge, Checkbox, Link as FluentLink, Button, makeStyles } from "@fluentui/react-components";
import { DocumentTextRegular } from "@fluentui/react-icons";
import { useMemo, useState, type ReactElement } from "react";
import { Link, Route, Switch } from "wouter";
import type { Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { Page } from "../../parts/Page";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { useList } from "../../parts/useList";
import { CompanyReportsPage } from "./CompanyReportsPage";
import { SwitchMany } from "./SwitchMany";

type CompanyReports = Schemas["ReportSettingsInList"];

const useStyles = makeStyles({
  link: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap", overflowWrap: "anywhere" },
});

/** Monthly reports and the portal: what each customer gets to see. */
export default function ReportsPage(): ReactElement {
  return (
    <Switch>
      <Route path="/reports/:company">{({ company }) => <CompanyReportsPage key={company} company={company} />}</Route>
      <Route>
        <Companies />
      </Route>
    </Switch>
  );
}

/** Where every customer's user signs in: one link for all, and no list of customers behind it. */
function portalLink(account: string): string {
  return `${location.origin}/portal/${account}`;
}

function Companies(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("admin");
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [switching, setSwitching] = useState<boolean | null>(null);
  const { query, csv } = useList<CompanyReports>(["report-settings"], (asked, as) =>
    api.GET("/api/accounts/{account}/report-settings", { params: { path: { account }, query: asked }, ...as }),
  );
  const columns = useColumns(mayChange, ticked, setTicked);
  return (
    <Page
      title="Reports"
      about="A monthly report for each customer, and the portal where their own users look. Everything is off until you switch it on."
    >
      <PortalLink />
      <Answer query={query} rows={8}>
        {(companies) => (
          <Table
            label="Reports of companies"
            columns={columns}
            rows={companies}
            id={(row) => row.company}
            text={(row) => `${row.name} ${row.recipients.join(" ")}`}
            csv={csv}
            empty={
              <Empty icon={<DocumentTextRegular />} title="No companies">
                <Link href="/companies">Add a company first</Link>: its report and its portal are chosen here then.
              </Empty>
            }
            tools={
              mayChange && (
                <>
                  <Button onClick={() => setTicked(new Set(ticked.size ? [] : companies.map(({ company }) => company)))}>
                    {ticked.size ? "Choose none" : "Choose all"}
                  </Button>
                  <Button disabled={!ticked.size} onClick={() => setSwitching(true)}>
                    Switch on …
                  </Button>
                  <Button disabled={!ticked.size} onClick={() => setSwitching(false)}>
                    Switch off …
                  </Button>
                </>
              )
            }
          />
        )}
      </Answer>
      {switching !== null && (
        <SwitchMany
          companies={[...ticked]}
          scheduled={switching}
          close={() => setSwitching(null)}
          done={() => {
            setSwitching(null);
            setTicked(new Set());
          }}
        />
      )}
    </Page>
  );
}

function PortalLink(): ReactElement {
  const styles = useStyles();
  const { id } = useAccount();
  const { done, failed } = useNotices();
  const link = portalLink(id);
  const copy = () =>
    navigator.clipboard.writeText(link).then(
      () => done("The link is copied."),
      (error: unknown) => failed("The link was not copied.", error),
    );
  return (
    <Section
      title="Customer portal"
      about="Give this link to your customers. Who signs in sees the companies of their own organisation whose portal is on, and nothing else."
    >
      <div className={styles.link}>
        <FluentLink href={link} target="_blank" rel="noreferrer" inline>
          {link}
        </FluentLink>
        <Button onClick={() => void copy()}>Copy the link</Button>
      </div>
    </Section>
  );
}

function useColumns(
  mayChange: boolean,
  ticked: ReadonlySet<string>,
  setTicked: (ticked: ReadonlySet<string>) => void,
): Column<CompanyReports>[] {
  return useMemo(() => {
    const tick: Column<CompanyReports> = {
      key: "tick",
      title: "",
      width: "44px",
      small: true,
      cell: (row) => (
        <Checkbox
          aria-label={`Choose ${row.name}`}
          checked={ticked.has(row.company)}
          onChange={(_, { checked }) => {
            const now = new Set(ticked);
            if (checked) now.add(row.company);
            else now.delete(row.company);
            setTicked(now);
          }}
        />
      ),
    };
    return [
      ...(mayChange ? [tick] : []),
      {
        key: "name",
        title: "Company",
        width: "minmax(160px, 2fr)",
        value: (row) => row.name,
        cell: (row) => row.name,
      },
      {
        key: "report",
        title: "Monthly report",
        width: "130px",
        value: (row) => Number(row.scheduled),
        cell: (row) => <OnOff what="Report" on={row.scheduled} />,
      },
      {
        key: "recipients",
        title: "Recipients",
        titled: true,
        width: "minmax(180px, 3fr)",
        value: (row) => row.recipients.length,
        cell: (row) => row.recipients.join(", ") || "Nobody yet",
      },
      {
        key: "portal",
        title: "Portal",
        width: "100px",
        value: (row) => Number(row.portal),
        cell: (row) => <OnOff what="Portal" on={row.portal} />,
      },
      {
        key: "open",
        title: "",
        width: "100px",
        cell: (row) => (
          <Link href={`/reports/${row.company}`} asChild>
            <Button as="a" aria-label={`Open: ${row.name}`}>
              Open
            </Button>
          </Link>
        ),
      },
    ];
  }, [mayChange, ticked, setTicked]);
}

function OnOff({ what, on }: { what: string; on: boolean }): ReactElement {
  return (
    <Badge appearance="tint" color={on ? "success" : "informative"}>
      {what} {on ? "on" : "off"}
    </Badge>
  );
}
