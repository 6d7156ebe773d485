/** What a page shows while it loads, when it is empty, and when it could not be read. */
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Skeleton,
  SkeletonItem,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { sentenceOf } from "../api/problem";

const useStyles = makeStyles({
  rows: { display: "grid", gap: "10px" },
  empty: {
    display: "grid",
    justifyItems: "center",
    gap: "8px",
    textAlign: "center",
    padding: "48px 24px",
    color: tokens.colorNeutralForeground2,
    "& svg": { fontSize: "40px", color: tokens.colorBrandForeground1 },
  },
  title: { margin: 0 },
  narrow: { maxWidth: "52ch", textWrap: "balance" },
});

export function Loading({ rows = 6, label = "Loading" }: { rows?: number; label?: string }): ReactElement {
  const styles = useStyles();
  return (
    <Skeleton aria-label={label} className={styles.rows}>
      {Array.from({ length: rows }, (_, index) => (
        <SkeletonItem key={index} size={28} />
      ))}
    </Skeleton>
  );
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  /** What to do now, or why there is nothing. */
  children?: ReactNode;
}

export function Empty({ icon, title, children }: EmptyProps): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      {icon}
      <Text as="h2" size={500} weight="semibold" block className={styles.title}>
        {title}
      </Text>
      <div className={styles.narrow}>{children}</div>
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }): ReactElement {
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>{sentenceOf(error)}</MessageBarBody>
      {retry && (
        <MessageBarActions>
          <Button onClick={retry}>Try again</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

interface AnswerProps<T> {
  query: UseQueryResult<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}

/** The answer of a query, or why it is not there. What is shown stays while it is read anew. */
export function Answer<T>({ query, rows, children }: AnswerProps<T>): ReactElement {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}
