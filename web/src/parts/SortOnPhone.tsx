import { Select, makeStyles } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Sorting } from "./sorting";

const useStyles = makeStyles({
  // Elsewhere the heads of the columns sort.
  onPhone: { display: "none", "@media (max-width: 640px)": { display: "flex", flex: "1 1 100%" } },
});

interface Sorted {
  key: string;
  title: string;
  /** Without it, the column is not sorted by. */
  value?: unknown;
}

interface Props {
  label: string;
  columns: Sorted[];
  order: Sorting | undefined;
  onOrder: (order: Sorting | undefined) => void;
}

/** On a phone rows have no heads to press. */
export function SortOnPhone({ label, columns, order, onOrder }: Props): ReactElement | null {
  const styles = useStyles();
  const sortable = columns.filter(({ title, value }) => title && value);
  if (!sortable.length) return null;
  return (
    <Select
      className={styles.onPhone}
      aria-label={`Sort ${label}`}
      value={order ? `${order.direction} ${order.column}` : ""}
      onChange={(_, { value }) => {
        const [direction, column] = value.split(" ");
        onOrder(direction && column ? { column, direction: direction as Sorting["direction"] } : undefined);
      }}
    >
      <option value="">In the usual order</option>
      {sortable.flatMap(({ key, title }) => [
        <option key={`ascending ${key}`} value={`ascending ${key}`}>
          By {title.toLowerCase()}, upwards
        </option>,
        <option key={`descending ${key}`} value={`descending ${key}`}>
          By {title.toLowerCase()}, downwards
        </option>,
      ])}
    </Select>
  );
}
