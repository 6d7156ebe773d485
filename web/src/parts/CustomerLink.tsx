import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";

const useStyles = makeStyles({
  link: { color: tokens.colorBrandForegroundLink, textDecorationLine: "none", ":hover": { textDecorationLine: "underline" } },
});

/** A customer's name that leads to its page. */
export function CustomerLink({ tenant, name }: { tenant: string; name: string }): ReactElement {
  return <PageLink to={`/companies/${tenant}`}>{name || tenant}</PageLink>;
}

/** Words in a row that lead to another page of the account. */
export function PageLink({ to, children }: { to: string; children: ReactNode }): ReactElement {
  return (
    <Link href={to} className={useStyles().link}>
      {children}
    </Link>
  );
}
