import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";

const useStyles = makeStyles({
  // Fluent's Card looks so; it is made for things that are clicked and chosen, which the first page need not load.
  panel: { display: "flex", flexDirection: "column", gap: "12px", padding: "12px", minWidth: 0,
    backgroundColor: tokens.colorNeutralBackground1, color: tokens.colorNeutralForeground1,
    border: `1px solid ${tokens.colorTransparentStroke}`, borderRadius: tokens.borderRadiusMedium, boxShadow: tokens.shadow4 },
});

/** A surface that holds what belongs together, and, where `titled` is the id of a heading, a group of that name for those who hear it. */
export function Panel({ className, titled, children }: { className?: string; titled?: string; children: ReactNode }): ReactElement {
  return (
    <div role={titled && "group"} aria-labelledby={titled} className={mergeClasses(useStyles().panel, className)}>
      {children}
    </div>
  );
}
