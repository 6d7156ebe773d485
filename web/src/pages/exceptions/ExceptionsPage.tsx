import { Badge, Button, Dropdown, Option, makeStyles } from "@fluentui/react-components";
import { CheckmarkCircleRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactElement } from "react";
import { useLocation, useRoute, useSearchParams } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { AS_CSV, download } from "../../parts/download";
import { daysBetween, useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Page } from "../../parts/Page";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { AlertDrawer } from "./AlertDrawer";
import { AlertWho } from "./AlertWho";
import { ClosedExceptions } from "./ClosedExceptions";
import { remedyOf } from "./remedies";

export type Alert = Schemas["ShownAlert"];
type TypeName = Schemas["AlertTypeName"];

const useStyles = makeStyles({
  wide: { width: "100%", minWidth: "0", "@media (max-width: 640px)": { width: "auto" } },
});

/** Where a row's id stands in the address of its drawer. */
const CLOSED = "closed";

export default function ExceptionsPage(): ReactElement {
  const [, route] = useRoute("/exceptions/:alert");
  return route?.alert === CLOSED ? <ClosedExceptions /> : <OpenExceptions opened={route?.alert} />;
}

function OpenExceptions({ opened }: { opened: string | undefined }): ReactElement {
  const api = useApi();
  const account = useAccount();
  const notices = useNotices();
  const [, go] = useLocation();
  const [search, setSearch] = useSearchParams();
  const type = search.get("type") ?? "";
  const path = { account: account.id };
  const { query: alerts } = useList<Alert>(["alerts"], (asked, as) =>
    api.GET("/api/accounts/{account}/alerts", { params: { path, query: asked }, ...as }),
  );
  const summary = useQuery({
    queryKey: [account.id, "summary"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/summary", { params: { path } })),
  });
  const now = summary.data?.asOf ?? new Date().toISOString();
  const columns = useColumns(now, (alert) => go(`/exceptions/${alert.id}${type && `?type=${type}`}`));
  const saved = () =>
    download(
      api.GET("/api/accounts/{account}/alerts", {
        params: { path, query: type ? { type: type as TypeName } : {} },
        ...AS_CSV,
      }),
      "exceptions.csv",
    ).catch((error: unknown) => notices.failed("The file was not made.", error));
  const close = () => go(`/exceptions${type && `?type=${type}`}`);
  return (
    <Page
      title="Exceptions"
      about="What a person should fix: what is new, then the costliest to ignore first."
      actions={<Button onClick={() => go(`/exceptions/${CLOSED}`)}>Closed exceptions</Button>}
    >
      <Answer query={alerts} rows={10}>
        {(all) => (
          <>
            <Table
              label="Exceptions"
              columns={columns}
              rows={newFirst(type ? all.filter((alert) => alert.type === type) : all, now)}
              id={(alert) => alert.id}
              text={(alert) => `${alert.who} ${alert.title} ${alert.what}`}
              rowHeight={84}
              marked={opened}
              csv={saved}
              more={isPart(all)}
              tools={
                all.length > 0 && <TypeFilter alerts={all} type={type} choose={(chosen) => setSearch(chosen ? { type: chosen } : {})} />
              }
              empty={
                <Empty icon={<CheckmarkCircleRegular />} title={all.length ? "None of these" : "No exceptions"}>
                  {all.length
                    ? "Nothing open fits the search. Take a word or the filter away."
                    : "Nothing is open. Seatwise will say by mail when something is."}
                </Empty>
              }
            />
            {opened && <AlertDrawer alert={all.find((alert) => alert.id === opened)} close={close} />}
          </>
        )}
      </Answer>
    </Page>
  );
}

function useColumns(now: string, open: (alert: Alert) => void): Column<Alert>[] {
  const styles = useStyles();
  const format = useFormat();
  const { role } = useAccount();
  // The columns change with what they close over, and with nothing else.
  return useMemo(
    () => [
      {
        key: "who",
        title: "Customer",
        width: "minmax(180px, 2fr)",
        value: (alert) => alert.who,
        cell: (alert) => <AlertWho alert={alert} />,
      },
      {
        key: "what",
        title: "What",
        width: "minmax(260px, 4fr)",
        cell: (alert) => (
          <>
            {alert.what}{" "}
            {alert.urgent && (
              <Badge appearance="tint" color="danger">
                Urgent
              </Badge>
            )}{" "}
            {alert.notCheckedSince && (
              <Badge appearance="tint" color="warning">
                Not checked since {format.day(alert.notCheckedSince)}
              </Badge>
            )}{" "}
            {alert.ticket?.number && (
              <Badge appearance="outline">
                Ticket {alert.ticket.number}
              </Badge>
            )}
          </>
        ),
      },
      {
        key: "money",
        title: "A month",
        width: "96px",
        number: true,
        value: (alert) => Number(alert.money),
        cell: (alert) => (Number(alert.money) ? format.money(alert.money) : "–"),
      },
      {
        key: "age",
        title: "Open for",
        width: "84px",
        number: true,
        value: (alert) => Date.parse(now) - Date.parse(alert.openedAt),
        cell: (alert) => age(alert.openedAt, now),
      },
      {
        key: "remedy",
        title: "",
        width: "136px",
        cell: (alert) => (
          <Button className={styles.wide} onClick={() => open(alert)} aria-label={`${remedyOf(alert, role)}: ${alert.who}`}>
            {remedyOf(alert, role)}
          </Button>
        ),
      },
    ],
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [now, format, role, styles],
  );
}

/** What came today, before what is known already; else in the order in which they are given. */
export function newFirst<Opened extends { openedAt: string }>(alerts: Opened[], now: string): Opened[] {
  const isNew = ({ openedAt }: Opened) => daysBetween(openedAt, now) === 0;
  return [...alerts.filter(isNew), ...alerts.filter((alert) => !isNew(alert))];
}

export function age(openedAt: string, now: string): string {
  const days = daysBetween(openedAt, now);
  if (days === 0) return "new";
  return days === 1 ? "1 day" : `${days} days`;
}

interface FilterProps {
  alerts: Alert[];
  type: string;
  choose: (type: string) => void;
}

function TypeFilter({ alerts, type, choose }: FilterProps): ReactElement {
  const titles = new Map(alerts.map((alert) => [alert.type, alert.title]));
  const rows = (of: string) => alerts.filter((alert) => alert.type === of).length;
  return (
    <Dropdown
      aria-label="Type"
      value={titles.get(type) ?? (type ? "None of this type" : "All types")}
      selectedOptions={[type]}
      onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "")}
    >
      <Option value="">All types</Option>
      {[...titles].map(([of, title]) => (
        <Option key={of} value={of} text={title}>
          {`${title} (${rows(of)})`}
        </Option>
      ))}
    </Dropdown>
  );
}
