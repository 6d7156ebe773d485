import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useFocusBack } from "../../parts/focusBack";
import { useNotices } from "../../parts/notices";
import { Failed } from "../../parts/States";

/** A member goes by themselves; the API keeps the last owner. */
export function LeaveAccount(): ReactElement {
  const api = useApi();
  const { id: account, name } = useAccount();
  return (
    <Asked
      does="Leave"
      question={`Leave ${name}?`}
      means="You see nothing of it any more, until an owner invites you again."
      not="Stay"
      end={() => api.DELETE("/api/accounts/{account}/members", { params: { path: { account } } })}
      // Nothing of the account can be read any more.
      ended={() => location.assign("/")}
    />
  );
}

/** An owner takes another member out. */
export function RemoveMember({ member, name }: { member: string; name: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  return (
    <Asked
      does="Remove"
      of={name}
      question={`Remove ${name}?`}
      means={`${name} sees nothing of this account any more, until an owner sends another invitation. What ${name} decided stays.`}
      not="Keep"
      end={() => api.DELETE("/api/accounts/{account}/members/{member}", { params: { path: { account, member } } })}
      ended={() => {
        done("The member is removed.");
        void queries.invalidateQueries({ queryKey: [account] });
      }}
    />
  );
}

interface Props {
  does: string;
  /** Whose membership, where it is not the person's own. */
  of?: string;
  question: string;
  means: string;
  /** The button that changes nothing. */
  not: string;
  end: () => Promise<{ response: Response }>;
  ended: () => void;
}

function Asked(asked: Props): ReactElement {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button onClick={() => setAsks(true)} aria-label={asked.of && `${asked.does} ${asked.of}`}>
        {asked.does} …
      </Button>
      {asks && <Confirm {...asked} close={() => setAsks(false)} />}
    </>
  );
}

function Confirm({ does, question, means, not, end, ended, close }: Props & { close: () => void }): ReactElement {
  useFocusBack();
  const go = useMutation({
    mutationFn: async () => {
      const gone = await end();
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: () => {
      close();
      ended();
    },
  });
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{question}</DialogTitle>
          <DialogContent>
            <p>{means}</p>
            {go.error && <Failed error={go.error} />}
          </DialogContent>
          <DialogActions>
            <Button disabledFocusable={go.isPending} onClick={() => go.mutate()}>
              {does}
            </Button>
            <Button appearance="primary" onClick={close}>
              {not}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
