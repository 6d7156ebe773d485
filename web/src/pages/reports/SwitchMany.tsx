import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useFocusBack } from "../../parts/focusBack";
import { counted } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Answer, Failed } from "../../parts/States";

type Switched = Schemas["ShownSwitched"];

const useStyles = makeStyles({
  list: { maxHeight: "50vh", overflow: "auto", margin: 0, padding: "0 0 0 20px", display: "grid", gap: "6px" },
  soft: { color: tokens.colorNeutralForeground2 },
});

interface Props {
  companies: string[];
  scheduled: boolean;
  close: () => void;
  done: () => void;
}

/** Who would get what, and then the switch. */
export function SwitchMany({ companies, scheduled, close, done }: Props): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const notices = useNotices();
  const ask = (preview: boolean) =>
    answer(
      api.POST("/api/accounts/{account}/report-settings/switch", {
        params: { path: { account } },
        body: { companies, scheduled, preview },
      }),
    );
  const preview = useQuery({
    queryKey: [account, "report-settings", "switch", scheduled, ...companies],
    queryFn: () => ask(true),
    staleTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => ask(false),
    onSuccess: (rows) => {
      notices.done(`${counted(changed(rows).length, "report is", "reports are")} switched ${scheduled ? "on" : "off"}.`);
      void queries.invalidateQueries({ queryKey: [account, "report-settings"] });
      done();
    },
  });
  useFocusBack();
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Switch monthly reports {scheduled ? "on" : "off"}</DialogTitle>
          <DialogContent>
            <Answer query={preview} rows={3}>
              {(rows) => (
                <ul className={styles.list}>
                  {rows.map((row) => (
                    <li key={row.company}>
                      {row.name}: <span className={styles.soft}>{outcome(row)}</span>
                    </li>
                  ))}
                </ul>
              )}
            </Answer>
            {apply.error && <Failed error={apply.error} />}
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              disabled={!changed(preview.data ?? []).length || apply.isPending}
              onClick={() => apply.mutate()}
            >
              {scheduled ? "Switch on" : "Switch off"} {counted(changed(preview.data ?? []).length, "report")}
            </Button>
            <Button onClick={close}>Cancel</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function changed(rows: readonly Switched[]): Switched[] {
  return rows.filter((row) => row.scheduled !== row.wasScheduled);
}

/** What becomes of a company, in words. */
export function outcome(row: Switched): string {
  if (row.whyNot) return row.whyNot;
  if (row.scheduled === row.wasScheduled) return `stays ${row.scheduled ? "on" : "off"}`;
  return row.scheduled ? `goes to ${row.recipients.join(", ")} on the 1st` : "is not sent any more";
}
