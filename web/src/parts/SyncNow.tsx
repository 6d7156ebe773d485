import { Button, ProgressBar, Text, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../api/client";
import { useAccount, useApi, useMay } from "../app/context";
import { counted } from "./format";
import { Failed } from "./States";
import { useRun } from "./useRun";

type Run = Schemas["ShownRun"];
const useStyles = makeStyles({ sync: { display: "grid", justifyItems: "end", maxWidth: "46ch", "& > *:not(:first-child):not(:empty)": { marginTop: "4px" } } });

/** Read and push now, one company or all of them, and how far that is. */
export function SyncNow({ company }: { company?: string }): ReactElement | null {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const maySync = useMay("editor");
  const start = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/runs", {
          params: { path: { account } },
          body: { companyId: company ?? null, everyAgreement: false },
        }),
      ),
  });
  const run = useRun(start.data?.id ?? "");
  const closed = run.data?.state === "closed";
  if (!maySync) return null;
  const running = start.isPending || (start.data !== undefined && !closed && !run.error);
  const error = start.error ?? run.error;
  return (
    <div className={styles.sync}>
      <Button disabled={running} onClick={() => start.mutate()}>
        {running ? "Syncing …" : "Sync now"}
      </Button>
      {running && <ProgressBar aria-label="Sync" value={run.data && share(run.data)} />}
      <Text role="status">{run.data && told(run.data)}</Text>
      {error && <Failed error={error} />}
    </div>
  );
}

/** How much of the reading is done, from 0 to 1; undefined while that is not known. */
function share({ read, notRead, waiting }: Run): number | undefined {
  const all = read + notRead + waiting;
  return all ? (read + notRead) / all : undefined;
}

export function told(run: Pick<Run, "state" | "read" | "notRead" | "waiting" | "lines">): string {
  const { read, notRead, waiting, lines } = run;
  if (run.state === "reading") return waiting ? `${counted(read, "tenant")} read, ${waiting} to go` : "Reading …";
  if (run.state === "pushing") return "Writing what changed …";
  const missed = notRead ? `, ${counted(notRead, "tenant")} not read` : "";
  const wrote = lines.wouldWrite ? `${counted(lines.wouldWrite, "line")} would be written` : `${counted(lines.written, "line")} written`;
  return `Synced: ${counted(read, "tenant")} read${missed}, ${wrote}.`;
}
