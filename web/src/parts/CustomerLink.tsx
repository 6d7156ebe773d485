import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link } from "wouter";

const useStyles = makeStyles({
  link: { color: tokens.colorBrandForegroundLink, textDecorationLine: "none", ":hover": { textDecorationLine: "underline" } },
});

/** A customer's name that leads to its page. */
export function CustomerLink({ tenant, name }: { tenant: string; name: string }): ReactElement {
  return (
    <Link href={`/companies/${tenant}`} className={useStyles().link}>
      {name || tenant}
    </Link>
  );
}
