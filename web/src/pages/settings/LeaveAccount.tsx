import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useFocusBack } from "../../parts/focusBack";
import { Failed } from "../../parts/States";

/** A member goes by themselves; the API keeps the last owner. */
export function LeaveAccount(): ReactElement {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button onClick={() => setAsks(true)}>Leave …</Button>
      {asks && <Confirm close={() => setAsks(false)} />}
    </>
  );
}

function Confirm({ close }: { close: () => void }): ReactElement {
  const api = useApi();
  const { id: account, name } = useAccount();
  useFocusBack();
  const leave = useMutation({
    mutationFn: async () => {
      const left = await api.DELETE("/api/accounts/{account}/members", { params: { path: { account } } });
      if (!left.response.ok) await answer(Promise.resolve(left));
    },
    // Nothing of the account can be read any more.
    onSuccess: () => location.assign("/"),
  });
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Leave {name}?</DialogTitle>
          <DialogContent>
            <p>You see nothing of it any more, until an owner invites you again.</p>
            {leave.error && <Failed error={leave.error} />}
          </DialogContent>
          <DialogActions>
            <Button disabledFocusable={leave.isPending} onClick={() => leave.mutate()}>
              Leave
            </Button>
            <Button appearance="primary" onClick={close}>
              Stay
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
