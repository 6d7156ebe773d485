import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";

const useStyles = makeStyles({
  link: { color: tokens.colorBrandForegroundLink, textDecorationLine: "none", ":hover": { textDecorationLine: "underline" } },
  inText: { textDecorationLine: "underline" },
});

/** A customer's name that leads to its page. */
export function CustomerLink({ tenant, name }: { tenant: string; name: string }): ReactElement {
  return <PageLink to={`/companies/${tenant}`}>{name || tenant}</PageLink>;
}

/** Words in a row that lead to another page of the account; among other words, colour alone would not tell them. */
export function PageLink({ to, inText = false, children }: { to: string; inText?: boolean; children: ReactNode }): ReactElement {
  const styles = useStyles();
  return (
    <Link href={to} className={mergeClasses(styles.link, inText && styles.inText)}>
      {children}
    </Link>
  );
}
