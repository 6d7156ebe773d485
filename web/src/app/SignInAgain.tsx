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
import { useEffect, useRef, useState, useSyncExternalStore, type ReactElement } from "react";
import { Failed } from "../parts/States";
import { useServices } from "./context";

/** The sign-in ended and could not be renewed: sign in again in a window, with everything on the page kept. */
export function SignInAgain(): ReactElement | null {
  const { session } = useServices();
  const ended = useSyncExternalStore(session.subscribe, session.hasEnded);
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  useFocusBack(ended);
  const signIn = () => {
    setError(null);
    session.again().then(() => queries.invalidateQueries(), setError);
  };
  // Mounted only now, so that it lies above a drawer that was opened before.
  if (!ended) return null;
  return (
    <Dialog open modalType="alert">
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
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

/** What had the focus before something lay above it has it again afterwards: an open drawer is hidden from readers until then. */
function useFocusBack(covered: boolean): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    if (covered) return;
    if (last.current instanceof HTMLElement) last.current.focus();
    const remember = ({ target }: FocusEvent) => (last.current = target as Element);
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [covered]);
}
