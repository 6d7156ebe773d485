import { Badge, Button, Link as InText, makeStyles, tokens } from "@fluentui/react-components";
import { HistoryRegular } from "@fluentui/react-icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState, type ReactElement } from "react";
import { Link } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { AS_CSV, download } from "../../parts/download";
import { counted, useFormat, words } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Empty, Failed, Loading } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { useList } from "../../parts/useList";
import { changesOf, sentenceOfChange, subjectOf } from "./changes";

const useStyles = makeStyles({
  member: { display: "block", color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  changes: { listStyleType: "none", margin: 0, padding: 0, display: "grid", gap: "2px" },
});

type Entry = Schemas["ShownAuditEntry"];

/** Who did what, the newest first. */
export function AuditPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const notices = useNotices();
  const format = useFormat();
  const path = { account };
  const name = useNames();
  const log = useInfiniteQuery({
    queryKey: [account, "audit"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answer(api.GET("/api/accounts/{account}/audit", { params: { path, query: { limit: 200, cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const columns = useMemo<Column<Entry>[]>(
    () => [
      { key: "at", title: "When", width: "104px", cell: (row) => format.time(row.at) },
      { key: "who", title: "Who", titled: true, width: "minmax(200px, 2fr)", cell: (row) => <Who who={row.who} /> },
      { key: "action", title: "What", width: "minmax(130px, 1fr)", cell: (row) => words(row.action.replaceAll(".", ": ")) },
      { key: "subject", title: "Of", titled: true, width: "minmax(120px, 2fr)", cell: (row) => subjectOf(row, name) },
      {
        key: "change",
        title: "Before → after",
        width: "minmax(200px, 4fr)",
        cell: (row) => <Change entry={row} name={name} />,
      },
    ],
    [format, name],
  );
  const csv = () =>
    download(api.GET("/api/accounts/{account}/audit", { params: { path }, ...AS_CSV }), "audit.csv").catch((error: unknown) =>
      notices.failed("The file was not made.", error),
    );
  const rows = useMemo(() => log.data?.pages.flatMap((page) => page.items) ?? [], [log.data]);
  return (
    <Section title="Audit log" about="Who did what, when, and from where. It is only appended.">
      {log.error && <Failed error={log.error} retry={() => void log.refetch()} />}
      {log.isPending && <Loading />}
      {log.data && (
        <Table
          label="Audit log"
          columns={columns}
          rows={rows}
          id={(row) => `${row.at} ${row.action} ${row.subject}`}
          text={(row) => `${row.who} ${row.action} ${name(row.subject)} ${row.before} ${row.after}`}
          csv={csv}
          more={log.hasNextPage}
          tools={
            log.hasNextPage && (
              <Button disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                Older entries
              </Button>
            )
          }
          empty={
            <Empty icon={<HistoryRegular />} title="Nobody has changed anything yet">
              Each change by a member or through a link in a mail will be here. The first comes when a connection is made:{" "}
              <Link href="/guide">the guide shows how</Link>.
            </Empty>
          }
        />
      )}
    </Section>
  );
}

/** A person by their address, and below it which of the members with it that is. */
function Who({ who }: { who: string }): ReactElement {
  const styles = useStyles();
  const [, address, member] = /^(.*) (\([0-9a-f]+\))$/.exec(who) ?? ["", who, ""];
  return (
    <>
      {address} {member && <span className={styles.member}>{member}</span>}
    </>
  );
}

/** Ids of the account, customers and companies as people call them. */
function useNames(): (id: string) => string {
  const api = useApi();
  const account = useAccount();
  const { query } = useList<Schemas["ShownTenant"]>(["tenants"], (asked, as, of) =>
    api.GET("/api/accounts/{account}/tenants", { params: { path: { account: of }, query: asked }, ...as }),
  );
  const names = useMemo(
    () =>
      new Map([
        [account.id, account.name],
        ...(query.data?.flatMap(({ id, companyId, name }) => [[id, name], [companyId ?? id, name]] as [string, string][]) ?? []),
      ]),
    [query.data, account],
  );
  return useCallback((id: string) => names.get(id) || id, [names]);
}

/** The first field that differs, and the others on demand. */
function Change({ entry, name }: { entry: Entry; name: (id: string) => string }): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const changes = useMemo(() => changesOf(entry.before, entry.after, name), [entry, name]);
  const shown = open ? changes : changes.slice(0, 1);
  return (
    <>
      {entry.interrupted && (
        <Badge appearance="tint" color="warning">
          Not known whether it was done
        </Badge>
      )}
      <ul className={styles.changes}>
        {shown.map((change) => (
          <li key={change.field}>{sentenceOfChange(change)}</li>
        ))}
      </ul>
      {changes.length > 1 && (
        <InText as="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Only the first" : `and ${counted(changes.length - 1, "more field")}`}
        </InText>
      )}
    </>
  );
}
