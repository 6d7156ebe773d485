import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { useFocusBack } from "../parts/focusBack";
import { Failed } from "../parts/States";
import { useServices } from "./context";

/** Sign in again in a window of its own. */
export default function SignInDialog(): ReactElement {
  const { session } = useServices();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  useFocusBack();
  const signIn = () => {
    setError(null);
    session.again().then(() => queries.invalidateQueries(), setError);
  };
  return (
    <Dialog open modalType="alert" onOpenChange={session.later}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Sign in again</DialogTitle>
          <DialogContent>
            Your sign-in has ended. Sign in again in a new window, then go on: what you typed is still here.
            {error !== null && <Failed error={error} />}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={signIn}>
              Sign in again
            </Button>
            <Button onClick={session.later}>Not now</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
