import { Button, makeStyles } from "@fluentui/react-components";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { Failed } from "../../parts/States";

const useStyles = makeStyles({ actions: { display: "flex", flexWrap: "wrap", gap: "8px" } });

export function Actions({ children }: { children: ReactNode }): ReactElement {
  return <div className={useStyles().actions}>{children}</div>;
}

interface ActProps<T> {
  /** What was asked of the API; a second press while it runs does nothing. */
  does: UseMutationResult<unknown, Error, T>;
  given: NoInfer<T>;
  children: ReactNode;
  primary?: boolean;
  disabled?: boolean;
}

export function Act<T>({ does, given, children, primary, disabled }: ActProps<T>): ReactElement {
  return (
    <Button
      appearance={primary ? "primary" : "secondary"}
      disabled={disabled}
      disabledFocusable={does.isPending}
      onClick={() => does.mutate(given)}
    >
      {children}
    </Button>
  );
}

/** Why it was refused, in the API's words. */
export function Refusal({ of }: { of: { error: Error | null } }): ReactElement | null {
  return of.error ? <Failed error={of.error} /> : null;
}
