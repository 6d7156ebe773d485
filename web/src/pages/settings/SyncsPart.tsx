import { Badge } from "@fluentui/react-components";
import { ArrowSyncRegular } from "@fluentui/react-icons";
import { useMemo, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { addressOf, count, counted, useFormat } from "../../parts/format";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";

type Run = Schemas["ShownRun"];

const KINDS: Record<Run["kind"], string> = { nightly: "Night", sync_now: "Sync now", approval: "Approved changes" };
const STATES: Record<Run["state"], string> = { reading: "Reading", pushing: "Writing", closed: "Done" };

/** Whose licences a run read; an approval writes what was read before. */
function ofWhom({ kind, tenants }: Run): string {
  if (kind === "approval") return "Held changes";
  return tenants ? counted(tenants.length, "customer") : "All customers";
}

/** What a run did with the lines, in a few words. */
export function doneOf({ lines }: Pick<Run, "lines">): string {
  const told: [number, string][] = [
    [lines.written, "written"],
    [lines.wouldWrite, "would be written"],
    [lines.held, "held"],
    [lines.drift, "changed by hand"],
    [lines.failed, "not in step"],
    [lines.frozen, "frozen"],
    [lines.scheduled, "to be written later"],
  ];
  const some = told.filter(([many]) => many > 0).map(([many, word]) => `${count(many)} ${word}`);
  return some.length ? some.join(", ") : `${counted(lines.unchanged, "line")} in step`;
}

/** Every night and every "sync now": whether all tenants were read, and what was written. */
export function SyncsPart(): ReactElement {
  const api = useApi();
  const format = useFormat();
  const { query, csv } = useList<Run>(
    ["runs"],
    (asked, as, account) => api.GET("/api/accounts/{account}/runs", { params: { path: { account }, query: asked }, ...as }),
    (runs) => (runs.some(({ state }) => state !== "closed") ? 3_000 : false),
  );
  const columns = useMemo<Column<Run>[]>(
    () => [
      { key: "began", title: "Began", width: "120px", value: (run) => run.startedAt, cell: (run) => format.time(run.startedAt) },
      {
        key: "kind",
        title: "Sync",
        width: "minmax(140px, 2fr)",
        value: (run) => run.kind,
        cell: (run) => `${KINDS[run.kind]}${run.who && ` by ${addressOf(run.who)}`}`,
      },
      {
        key: "of",
        title: "Of",
        titled: true,
        width: "minmax(110px, 1fr)",
        cell: ofWhom,
      },
      { key: "state", title: "State", titled: true, width: "90px", cell: (run) => STATES[run.state] },
      {
        key: "read",
        title: "Read",
        titled: true,
        width: "minmax(140px, 1fr)",
        cell: (run) => run.kind !== "approval" && (
          <>
            {count(run.read)}{" "}
            {run.notRead > 0 && (
              <Badge appearance="tint" color="danger">
                {count(run.notRead)} not read
              </Badge>
            )}
          </>
        ),
      },
      { key: "lines", title: "Lines", titled: true, width: "minmax(180px, 2fr)", cell: doneOf },
    ],
    [format],
  );
  return (
    <Section title="Syncs" about="Every night and every “sync now”, the newest first. What was written line by line is in the ledger.">
      <Answer query={query}>
        {(rows) => (
          <Table
            label="Syncs"
            columns={columns}
            rows={rows}
            id={(run) => run.id}
            csv={csv}
            more={isPart(rows)}
            empty={
              <Empty icon={<ArrowSyncRegular />} title="No sync yet">
                The first one is made in the coming night.
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}
