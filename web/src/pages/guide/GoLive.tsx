import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { counted } from "../../parts/format";
import { useFocusBack } from "../../parts/focusBack";
import { useNotices } from "../../parts/notices";
import { Answer, Failed } from "../../parts/States";

/** Switch the account live, with the plan that is seen here: with another plan by then, nothing happens. */
export function GoLive(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [open, setOpen] = useState(false);
  useFocusBack("title"); // once the account is live, the button that was pressed is gone
  const plan = useQuery({
    enabled: open,
    queryKey: [account, "plan"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/plan", { params: { path: { account } } })),
  });
  const live = useMutation({
    mutationFn: (digest: string) =>
      answer(
        api.PUT("/api/accounts/{account}/mode", {
          params: { path: { account } },
          body: { mode: "live", plan: digest },
        }),
      ),
    onSuccess: () => {
      setOpen(false);
      done("The account is live.");
      void queries.invalidateQueries();
    },
    onError: () => void plan.refetch(),
  });
  return (
    <Dialog open={open} onOpenChange={(_, state) => setOpen(state.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button appearance="primary">Go live</Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Go live with this plan?</DialogTitle>
          <DialogContent>
            <Answer query={plan} rows={3}>
              {(found) => (
                <p>
                  {counted(found.written + found.created, "line")} would be written: {counted(found.seatsMore, "seat")} more
                  and {counted(found.seatsFewer, "seat")} fewer. {counted(found.held, "change")} would be held.
                </p>
              )}
            </Answer>
            {live.isError && <Failed error={live.error} />}
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button>Not yet</Button>
            </DialogTrigger>
            <Button
              appearance="primary"
              disabled={!plan.data || live.isPending}
              onClick={() => plan.data && live.mutate(plan.data.digest)}
            >
              Go live
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
