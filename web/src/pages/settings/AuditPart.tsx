import { Button } from "@fluentui/react-components";
import { HistoryRegular } from "@fluentui/react-icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { AS_CSV, download } from "../../parts/download";
import { useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Empty, Failed, Loading } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { words } from "./AlertsPart";

type Entry = Schemas["ShownAuditEntry"];

/** Who did what, the newest first. */
export function AuditPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const notices = useNotices();
  const format = useFormat();
  const path = { account };
  const log = useInfiniteQuery({
    queryKey: [account, "audit"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answer(api.GET("/api/accounts/{account}/audit", { params: { path, query: { limit: 200, cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const columns = useMemo<Column<Entry>[]>(
    () => [
      { key: "at", title: "When", width: "130px", cell: (row) => format.time(row.at) },
      { key: "who", title: "Who", width: "minmax(140px, 2fr)", cell: (row) => row.who },
      { key: "action", title: "What", width: "minmax(130px, 1fr)", cell: (row) => row.action.replaceAll(".", ": ").replaceAll("_", " ") },
      { key: "subject", title: "Of", width: "minmax(120px, 2fr)", cell: (row) => row.subject },
      {
        key: "change",
        title: "Before → after",
        width: "minmax(160px, 3fr)",
        cell: (row) => changeOf(row.before, row.after) + (row.interrupted ? " (not known to have been done)" : ""),
      },
    ],
    [format],
  );
  const csv = () =>
    download(api.GET("/api/accounts/{account}/audit", { params: { path }, ...AS_CSV }), "audit.csv").catch((error: unknown) =>
      notices.failed("The file was not made.", error),
    );
  const rows = useMemo(() => log.data?.pages.flatMap((page) => page.items) ?? [], [log.data]);
  return (
    <Section title="Audit log" about="Who did what, when, and from where. It is only appended.">
      {log.error && <Failed error={log.error} retry={() => void log.refetch()} />}
      {log.isPending ? (
        <Loading />
      ) : (
        <Table
          label="Audit log"
          columns={columns}
          rows={rows}
          id={(row) => `${row.at} ${row.action} ${row.subject}`}
          text={(row) => `${row.who} ${row.action} ${row.subject}`}
          csv={csv}
          tools={
            log.hasNextPage && (
              <Button disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                Older entries
              </Button>
            )
          }
          empty={<Empty icon={<HistoryRegular />} title="Nothing yet" />}
        />
      )}
    </Section>
  );
}

const MOST_FIELDS = 3;

/** What a change changed: of documents the first fields that differ, else both texts. The CSV has all of it. */
export function changeOf(before: string, after: string): string {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  if (!was && !is) return [before, after].filter(Boolean).map(short).join(" → ");
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])];
  const changed = names.filter((name) => text(was?.[name]) !== text(is?.[name]));
  const told = changed.slice(0, MOST_FIELDS).map((name) => {
    const values = [was?.[name], is?.[name]].map(text).filter(Boolean);
    return `${words(name).toLowerCase()}: ${values.map(short).join(" → ")}`;
  });
  return [...told, ...(changed.length > MOST_FIELDS ? [`and ${changed.length - MOST_FIELDS} more`] : [])].join("; ");
}

function fieldsOf(document: string): Record<string, unknown> | null {
  if (!document.startsWith("{")) return null;
  try {
    return JSON.parse(document) as Record<string, unknown>;
  } catch {
    return null; // it was too long to be kept whole
  }
}

function text(value: unknown): string {
  if (value === undefined || value === null || value === "") return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function short(value: string): string {
  return value.length > 40 ? `${value.slice(0, 40)}…` : value;
}
