import { Button, Dropdown, Option, makeStyles, tokens } from "@fluentui/react-components";
import { BookRegular } from "@fluentui/react-icons";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState, type ReactElement } from "react";
import { useSearchParams } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { lineWords, useWithAgreements } from "../../parts/agreements";
import { CustomerLink } from "../../parts/CustomerLink";
import { CustomerPicker } from "../../parts/CustomerPicker";
import { AS_CSV, download } from "../../parts/download";
import { addressOf, capital, count, useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Empty, Failed, Loading } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { useList } from "../../parts/useList";
import { EVENTS, type Event } from "./lines/events";
import { isUndoable, newestOfEach, type Change, type Entry } from "./lines/newestChange";
import { UndoDialog } from "./lines/UndoDialog";

const useStyles = makeStyles({ soft: { color: tokens.colorNeutralForeground2, display: "block", textWrap: "pretty" } });

type NamedEntry = Entry & { agreement: string };

/** What happened to lines, the newest first; older entries on demand. */
export function LedgerPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const notices = useNotices();
  const format = useFormat();
  const mayUndo = useMay("admin");
  const styles = useStyles();
  const [search, setSearch] = useSearchParams();
  const [askedEvent, tenant] = [search.get("event") ?? "", search.get("tenant") ?? ""];
  const event = Object.hasOwn(EVENTS, askedEvent) ? (askedEvent as Event) : "";
  const filter = (change: { event?: string; tenant?: string }) =>
    setSearch(Object.fromEntries(Object.entries({ event, tenant, ...change }).filter(([, value]) => value)));
  const [undoing, setUndoing] = useState<Change>();
  const path = { account };
  const wanted = { ...(event && { event }), ...(tenant && { tenant }) };
  const ledger = useInfiniteQuery({
    queryKey: [account, "ledger", event, tenant],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/accounts/{account}/ledger", {
          params: { path, query: { ...wanted, limit: 200, cursor: pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
    // Else the filter that was just chosen would go with the rows, and the focus with it.
    placeholderData: keepPreviousData,
  });
  const { query: tenants } = useList<Schemas["ShownTenant"]>(["tenants"], (asked, as) =>
    api.GET("/api/accounts/{account}/tenants", { params: { path, query: asked }, ...as }),
  );
  const names = useMemo(() => new Map(tenants.data?.map(({ id, name }) => [id, name])), [tenants.data]);
  const entries = useMemo(() => ledger.data?.pages.flatMap((page) => page.items), [ledger.data]);
  const rows = useWithAgreements(entries);
  const newest = useMemo(() => new Set<Entry>(newestOfEach(rows)), [rows]);
  const undoOf = useCallback(
    (row: Entry) =>
      newest.has(row) &&
      isUndoable(row) && (
        <Button size="small" aria-label={`Undo ${row.after} on line ${row.lineId}`} onClick={() => setUndoing(row)}>
          Undo
        </Button>
      ),
    [newest],
  );
  const columns = useMemo<Column<NamedEntry>[]>(
    () => [
      { key: "at", title: "When", width: "104px", cell: (row) => format.time(row.at) },
      { key: "event", title: "What", width: "minmax(84px, 1fr)", cell: (row) => EVENTS[row.event] },
      {
        key: "customer",
        title: "Customer and line",
        width: "minmax(200px, 4fr)",
        cell: (row) => (
          <>
            <CustomerLink tenant={row.tenantId} name={names.get(row.tenantId) ?? ""} />
            <span className={styles.soft}>{capital(lineWords(row))}</span>
          </>
        ),
      },
      {
        key: "numbers",
        title: "Before → after",
        width: "104px",
        number: true,
        cell: (row) => `${row.before === null ? "–" : count(row.before)} → ${row.after === null ? "–" : count(row.after)}`,
      },
      // Which of the members with an address it was is in the CSV and in the audit log.
      { key: "who", title: "Who", width: "196px", titled: true, cell: (row) => addressOf(row.who) },
      { key: "why", title: "Why", width: "minmax(80px, 2fr)", cell: (row) => row.why },
      ...(mayUndo ? [{ key: "undo", title: "", width: "72px", cell: undoOf }] : []),
    ],
    [format, names, mayUndo, undoOf, styles],
  );
  const csv = () =>
    download(
      api.GET("/api/accounts/{account}/ledger", { params: { path, query: wanted }, ...AS_CSV }),
      "ledger.csv",
    ).catch((error: unknown) => notices.failed("The file was not made.", error));
  return (
    <Section title="Ledger" about="Every change of a line: planned, held, written, proven. It is only appended.">
      {ledger.error && <Failed error={ledger.error} retry={() => void ledger.refetch()} />}
      {ledger.isPending && <Loading />}
      {undoing && <UndoDialog change={undoing} close={() => setUndoing(undefined)} />}
      {ledger.data && (
        <Table
          label="Ledger"
          columns={columns}
          rows={rows}
          id={(row) => `${row.at} ${row.mappingId} ${row.event}`}
          text={(row) => `${names.get(row.tenantId) ?? ""} ${row.lineId} ${row.agreementId} ${row.agreement} ${row.who} ${row.why} ${EVENTS[row.event]}`}
          csv={csv}
          more={ledger.hasNextPage}
          tools={
            (rows.length > 0 || event || tenant) && <>
              <CustomerPicker
                label="Customer"
                placeholder="All customers"
                customers={tenants.data ?? []}
                chosen={tenant}
                choose={(chosen) => filter({ tenant: chosen })}
              />
              <Dropdown
                aria-label="What happened"
                value={event ? EVENTS[event] : "Everything"}
                selectedOptions={[event]}
                onOptionSelect={(_, { optionValue = "" }) => filter({ event: optionValue })}
              >
                <Option value="">Everything</Option>
                {(Object.keys(EVENTS) as Event[]).map((one) => (
                  <Option key={one} value={one}>
                    {EVENTS[one]}
                  </Option>
                ))}
              </Dropdown>
              {ledger.hasNextPage && (
                <Button disabled={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
                  Older entries
                </Button>
              )}
            </>
          }
          empty={
            event || tenant ? (
              <Empty icon={<BookRegular />} title={event ? `No entry says “${EVENTS[event]}”` : "No entry of this customer"}>
                {tenant ? "Take the filters away to see the other entries." : "Choose “Everything” to see the other entries."}
              </Empty>
            ) : (
              <Empty icon={<BookRegular />} title="No line has changed yet">
                Each change of a line will be here, planned, written and proven. The first come when a licence is mapped to
                a line.
              </Empty>
            )
          }
        />
      )}
    </Section>
  );
}
