import { Badge, Button, Dropdown, MessageBar, MessageBarBody, MessageBarTitle, Option, Text, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircleRegular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { Link } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { lineWords, useWithAgreements } from "../../parts/agreements";
import { CustomerLink, PageLink } from "../../parts/CustomerLink";
import { capital, count, counted, useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Empty, Failed } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { exceptionOf } from "./alertOf";

type Row = Schemas["ShownCertificateRow"];
const STANDINGS: Record<Row["standing"], [string, "success" | "informative" | "danger"]> = {
  billed: ["Billed", "success"],
  excluded: ["Excluded", "informative"],
  open: ["Open", "danger"],
};

const useStyles = makeStyles({
  totals: { display: "flex", gap: "24px", flexWrap: "wrap" },
  total: { display: "grid" },
  soft: { color: tokens.colorNeutralForeground2 },
  line: { color: tokens.colorNeutralForeground2, display: "block", textWrap: "pretty" },
  list: { margin: "4px 0 0", paddingLeft: "20px" },
});

/** N5: can the month be invoiced? Every customer and paid licence is billed, excluded with a reason, or open. */
export function CertificatePart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const certificate = useQuery({
    queryKey: [account, "certificate"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/certificate", { params: { path: { account } } })),
  });
  const { query, csv } = useList<Row>(["certificate-rows"], (asked, as) =>
    api.GET("/api/accounts/{account}/certificate/rows", { params: { path: { account }, query: asked }, ...as }),
  );
  const { query: open } = useList<Schemas["ShownAlert"]>(["alerts"], (asked, as) =>
    api.GET("/api/accounts/{account}/alerts", { params: { path: { account }, query: asked }, ...as }),
  );
  const alerts = open.data;
  const [standing, setStanding] = useState<Row["standing"] | "">("");
  const styles = useStyles();
  const format = useFormat();
  const named = useWithAgreements(query.data);
  const columns = useMemo<Column<Row & { agreement: string }>[]>(
    () => [
      {
        key: "customer",
        title: "Customer",
        width: "minmax(170px, 2fr)",
        value: (row) => row.customer,
        cell: (row) => (row.tenantId ? <CustomerLink tenant={row.tenantId} name={row.customer} /> : row.customer),
      },
      {
        key: "name",
        title: "Licence and line",
        width: "minmax(170px, 4fr)",
        value: (row) => row.name,
        cell: (row) => (
          <>
            {row.name || "–"}
            {row.agreementId && <span className={styles.line}>{capital(lineWords(row))}</span>}
          </>
        ),
      },
      { key: "seats", title: "Seats", width: "70px", number: true, value: (row) => row.seats ?? -1, cell: (row) => (row.seats === null ? "–" : count(row.seats)) },
      { key: "billed", title: "Billed", width: "70px", number: true, value: (row) => row.billed ?? -1, cell: (row) => (row.billed === null ? "–" : count(row.billed)) },
      { key: "money", title: "A month", width: "100px", number: true, value: (row) => Number(row.money), cell: (row) => (Number(row.money) ? format.money(row.money) : "–") },
      {
        key: "standing",
        title: "Stands",
        width: "minmax(200px, 3fr)",
        value: (row) => row.standing,
        cell: (row) => (
          <>
            <Badge appearance="tint" color={STANDINGS[row.standing][1]}>
              {STANDINGS[row.standing][0]}
            </Badge>{" "}
            <Why row={row} to={row.standing === "open" && alerts ? exceptionOf(row, alerts) : ""} />
          </>
        ),
      },
    ],
    [format, alerts, styles],
  );
  return (
    <Section title="Month-end certificate" about="Every customer and every paid licence is billed on its line, excluded with a reason, or an open exception.">
      <Answer query={certificate} rows={3}>
        {(found) => <Told found={found} />}
      </Answer>
      <Answer query={query} rows={8}>
        {(rows) => (
          <Table
            label="Rows of the certificate"
            columns={columns}
            rows={standing ? named.filter((row) => row.standing === standing) : named}
            id={(row) => `${row.tenantId} ${row.skuId} ${row.subscriptionId} ${row.lineId} ${row.customer}`}
            text={(row) => `${row.customer} ${row.name} ${row.lineId} ${row.agreement} ${row.standing} ${row.standing !== "billed" && row.sentence}`}
            csv={csv}
            more={isPart(rows)}
            tools={
              rows.length > 0 && <Dropdown
                aria-label="How rows stand"
                value={standing ? STANDINGS[standing][0] : "Everything"}
                selectedOptions={[standing]}
                onOptionSelect={(_, { optionValue }) => setStanding((optionValue ?? "") as Row["standing"] | "")}
              >
                <Option value="">Everything</Option>
                {(Object.keys(STANDINGS) as Row["standing"][]).map((one) => (
                  <Option key={one} value={one}>
                    {STANDINGS[one][0]}
                  </Option>
                ))}
              </Dropdown>
            }
            empty={
              <Empty icon={<CheckmarkCircleRegular />} title={rows.length ? "None of these" : "No customers yet"}>
                {rows.length ? "No row stands so. Choose “Everything” to see the others." : <NoCustomers />}
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}

function NoCustomers(): ReactElement {
  return (
    <>
      Each customer will be here with its paid licences after the first sync.{" "}
      <Link href="/settings/connections">Connect your Microsoft partner tenant first.</Link>
    </>
  );
}

/** Why a row is not billed. What is open leads to where it is put right. */
function Why({ row, to }: { row: Row; to: string }): ReactElement | null {
  if (row.standing === "billed") return null;
  return to ? <PageLink to={to}>{row.sentence}</PageLink> : <>{row.sentence}</>;
}

function Told({ found }: { found: Schemas["ShownCertificate"] }): ReactElement {
  const styles = useStyles();
  const format = useFormat();
  const mayRead = useMay("editor");
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const read = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/runs", { params: { path: { account } }, body: { everyAgreement: true } }),
      ),
    onSuccess: () => {
      done("Every customer and every line is being read. Look again in some minutes.");
      void queries.invalidateQueries({ queryKey: [account, "runs"] });
    },
  });
  return (
    <>
      <MessageBar intent={found.readyToInvoice ? "success" : "warning"} layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>
            {found.readyToInvoice ? "Ready to invoice." : `${counted(found.open.rows, "row")} ${found.open.rows === 1 ? "is" : "are"} open: not ready to invoice.`}
          </MessageBarTitle>
          {found.missing.length > 0 && (
            <ul className={styles.list}>
              {found.missing.map(({ reason, sentence, rows }) => (
                <li key={reason}>
                  {count(rows)} × {sentence}
                </li>
              ))}
            </ul>
          )}
          {!found.balances && ` It does not balance: ${found.unaccounted.join("; ")}. Please report this.`}
        </MessageBarBody>
      </MessageBar>
      <div className={styles.totals}>
        {(["billed", "excluded", "open"] as const).map((standing) => (
          <div key={standing} className={styles.total}>
            <Text size={600} weight="semibold">
              {count(found[standing].seats)}
            </Text>
            <Text className={styles.soft}>
              seats {standing}, {counted(found[standing].rows, "row")}
              {Number(found[standing].money) ? `, ${format.money(found[standing].money)} a month` : ""}
            </Text>
          </div>
        ))}
      </div>
      {mayRead && (
        <div>
          <Button disabled={read.isPending} onClick={() => read.mutate()}>
            Read every line anew
          </Button>
        </div>
      )}
      {read.error && <Failed error={read.error} />}
    </>
  );
}
