import { Suspense, lazy, useEffect, useRef, useSyncExternalStore, type ReactElement } from "react";
import { soon } from "../parts/soon";
import { useServices } from "./context";

const load = () => import("./SignInDialog");
const SignInDialog = lazy(load);

/** The sign-in ended and could not be renewed: sign in again in a window, with everything on the page kept. */
export function SignInAgain(): ReactElement | null {
  const { session } = useServices();
  const ended = useSyncExternalStore(session.subscribe, session.hasEnded);
  useFocusBack(ended);
  useEffect(() => {
    // Loaded while all is well: a deployment may take the file away before the sign-in ends.
    soon()
      .then(load)
      .catch(() => undefined);
  }, []);
  // Mounted only now, so that it lies above a drawer that was opened before.
  if (!ended) return null;
  return (
    <Suspense fallback={null}>
      <SignInDialog />
    </Suspense>
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
