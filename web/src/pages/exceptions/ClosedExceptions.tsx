import { Button } from "@fluentui/react-components";
import { CheckmarkCircleRegular } from "@fluentui/react-icons";
import { useMemo, type ReactElement } from "react";
import { useLocation } from "wouter";
import type { Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { useFormat } from "../../parts/format";
import { Page } from "../../parts/Page";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { AlertWho } from "./AlertWho";

type Alert = Schemas["ShownAlert"];

/** What was open and is not any more, as it was last told. */
export function ClosedExceptions(): ReactElement {
  const api = useApi();
  const format = useFormat();
  const [, go] = useLocation();
  const { query, csv } = useList<Alert>(["closed-exceptions"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/alerts/closed", { params: { path: { account }, query: asked }, ...as }),
  );
  const columns = useMemo<Column<Alert>[]>(
    () => [
      {
        key: "who",
        title: "Customer",
        width: "minmax(180px, 2fr)",
        value: (alert) => alert.who,
        cell: (alert) => <AlertWho alert={alert} />,
      },
      { key: "what", title: "What", width: "minmax(240px, 4fr)", cell: (alert) => alert.what },
      { key: "ticket", title: "Ticket", titled: true, width: "84px", cell: (alert) => alert.ticket?.number },
      {
        key: "opened",
        title: "Opened",
        titled: true,
        width: "120px",
        value: (alert) => alert.openedAt,
        cell: (alert) => format.day(alert.openedAt),
      },
      {
        key: "closed",
        title: "Closed",
        titled: true,
        width: "120px",
        value: (alert) => alert.closedAt ?? "",
        cell: (alert) => alert.closedAt && format.day(alert.closedAt),
      },
    ],
    [format],
  );
  return (
    <Page
      title="Closed exceptions"
      about="What was put right, or ended by itself, in the last three months: the newest first."
      actions={<Button onClick={() => go("/exceptions")}>Open exceptions</Button>}
    >
      <Answer query={query} rows={10}>
        {(rows) => (
          <Table
            label="Closed exceptions"
            columns={columns}
            rows={rows}
            id={(alert) => `${alert.id} ${alert.openedAt}`}
            text={(alert) => `${alert.who} ${alert.title} ${alert.what}`}
            rowHeight={84}
            csv={csv}
            more={isPart(rows)}
            empty={
              <Empty icon={<CheckmarkCircleRegular />} title="Nothing was closed yet">
                What is put right goes from the open exceptions to here.
              </Empty>
            }
          />
        )}
      </Answer>
    </Page>
  );
}
