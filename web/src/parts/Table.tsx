import { Button, SearchBox, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowDownRegular, ArrowUpRegular, SearchRegular } from "@fluentui/react-icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type CSSProperties, type ReactElement, type ReactNode } from "react";
import { count } from "./format";
import { matching, sorted, type Sortable, type Sorting } from "./sorting";
import { SortOnPhone } from "./SortOnPhone";
import { Empty } from "./States";

export interface Column<T> {
  key: string;
  title: string;
  /** A track of CSS grid, such as "minmax(120px, 2fr)". */
  width: string;
  cell: (row: T) => ReactNode;
  /** What the column is sorted by; without it, it is not. */
  value?: (row: T) => Sortable;
  number?: boolean;
  /** On a phone, where a row has no head, the title stands before the cell; that of a number always does. */
  titled?: boolean;
  /** On a phone the next cell is in the same line, as a name is beside its checkbox. */
  small?: boolean;
}

interface TableProps<T> {
  /** What the rows are, for screen readers. */
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
  /** What the search box looks through; without it there is none. */
  text?: (row: T) => string;
  sorting?: Sorting;
  rowHeight?: number;
  /** The row to show and mark. */
  marked?: string;
  /** Instead of rows where there are none at all: what will be here, and what to do first. */
  empty: ReactNode;
  /** More filters or buttons beside the search box. */
  tools?: ReactNode;
  csv?: () => Promise<void>;
  /** There are more rows: on their way, or when they are asked for. */
  more?: boolean;
}

/** Where a row is a small card: its cells are one under the other. */
const PHONE = "@media (max-width: 640px)";

const useStyles = makeStyles({
  bar: { display: "flex", gap: "8px", flexWrap: "wrap", alignItems: "center", marginBottom: "12px",
    [PHONE]: { "& > .fui-Input, & > .fui-Dropdown, & > .fui-Combobox": { flex: "1 1 100%", maxWidth: "none" } } },
  space: { flexGrow: 1, color: tokens.colorNeutralForeground2, textAlign: "right", [PHONE]: { textAlign: "left" } },
  frame: {
    overflow: "auto",
    maxHeight: "max(180px, calc(100vh - 260px))",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    "& > *": { minHeight: "34px" },
    [PHONE]: { display: "none" },
  },
  row: { display: "grid", gridTemplateColumns: "var(--tracks)", columnGap: "12px", padding: "0 12px", alignItems: "center",
    minWidth: "fit-content",
    [PHONE]: { display: "flex", flexWrap: "wrap", columnGap: "16px", minWidth: "0", padding: "6px 12px" } },
  body: { position: "relative" },
  placed: {
    position: "absolute",
    left: 0,
    right: 0,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    // In the dark, links have too little contrast on the colour that Fluent has for this.
    "&:hover": { backgroundColor: tokens.colorNeutralBackground3 },
  },
  marked: { backgroundColor: tokens.colorBrandBackground2, boxShadow: `inset 3px 0 ${tokens.colorBrandStroke1}` },
  cell: { padding: "8px 0", minWidth: 0, overflowWrap: "anywhere",
    [PHONE]: { padding: "3px 0", flexBasis: "100%", ":empty": { display: "none" } } },
  number: { textAlign: "right", justifyContent: "end", fontVariantNumeric: "tabular-nums",
    [PHONE]: { textAlign: "left", flexBasis: "auto" } },
  // What begins at the left would be too near to a number that ends at the right.
  afterNumber: { paddingLeft: "12px", [PHONE]: { paddingLeft: 0 } },
  titled: { [PHONE]: { "::before": { content: "attr(data-title) ': '", color: tokens.colorNeutralForeground2 } } },
  small: { [PHONE]: { flexBasis: "auto" } },
  afterSmall: { [PHONE]: { flexBasis: 0, flexGrow: 1 } },
  title: { fontWeight: tokens.fontWeightSemibold, fontSize: tokens.fontSizeBase200, minWidth: 0, padding: "4px 0",
    justifyContent: "start", color: tokens.colorNeutralForeground2 },
  order: { border: "none" },
});

/** Rows that are searched, sorted and scrolled, however many there are: only those in sight are drawn. */
export function Table<T extends object>(props: TableProps<T>): ReactElement {
  const styles = useStyles();
  const [typed, setTyped] = useState("");
  const [sorting, setSorting] = useState(props.sorting);
  const searched = useDeferredValue(typed);
  const rows = useRows(props, searched, sorting);
  const searchable = props.text && (props.rows.length > 0 || typed !== "");
  return (
    <div>
      {(searchable || props.tools) && (
        <div className={styles.bar}>
          {searchable && (
            <SearchBox
              value={typed}
              onChange={(_, { value }) => setTyped(value)}
              placeholder="Search"
              aria-label={`Search ${props.label}`}
            />
          )}
          {props.tools}
          {props.rows.length > 1 && <SortOnPhone label={props.label} columns={props.columns} order={sorting} onOrder={setSorting} />}
          <span className={styles.space} role="status">
            {rows.length === props.rows.length
              ? count(rows.length)
              : `${count(rows.length)} of ${count(props.rows.length)}`}
            {props.more && " so far"}
          </span>
          {props.csv && <Button onClick={() => void props.csv?.()}>CSV</Button>}
        </div>
      )}
      {rows.length > 0 && <Rows {...props} shown={rows} order={sorting} onOrder={setSorting} />}
      {rows.length === 0 && (props.rows.length ? <NoneFound more={props.more} /> : props.empty)}
    </div>
  );
}

/** There are rows, and none has the word: what an empty table says would be wrong of them. */
function NoneFound({ more = false }: { more?: boolean }): ReactElement {
  return (
    <Empty icon={<SearchRegular />} title="None of these">
      {more ? "No row that is here so far fits the search; there are more." : "No row fits the search."} Take the word away to see
      all.
    </Empty>
  );
}

function useRows<T extends object>(props: TableProps<T>, typed: string, sorting: Sorting | undefined): readonly T[] {
  const { rows, text, columns } = props;
  return useMemo(() => {
    const found = text ? matching(rows, text, typed) : rows;
    const value = columns.find((column) => column.key === sorting?.column)?.value;
    return value && sorting ? sorted(found, value, sorting.direction) : found;
  }, [rows, text, columns, typed, sorting]);
}

interface RowsProps<T> extends TableProps<T> {
  shown: readonly T[];
  order: Sorting | undefined;
  onOrder: (order: Sorting) => void;
}

function Rows<T>(props: RowsProps<T>): ReactElement {
  const { shown, columns, marked, id, rowHeight = 52 } = props;
  const styles = useStyles();
  const frame = useRef<HTMLDivElement>(null);
  const tracks = useMemo(() => ({ "--tracks": columns.map((column) => column.width).join(" ") }) as CSSProperties, [columns]);
  const ids = useMemo(() => shown.map(id), [shown, id]);
  // The same function as long as the rows are the same: with another one every row is measured anew.
  const getItemKey = useCallback((index: number) => ids[index] ?? index, [ids]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    getItemKey,
    overscan: 8,
  });
  useEffect(() => {
    const place = marked ? ids.indexOf(marked) : -1;
    if (place >= 0) virtual.scrollToIndex(place, { align: "center" });
    // Only another mark moves the view; rows that change under it do not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [marked]);
  return (
    <div className={styles.frame} ref={frame} role="region" aria-label={props.label} tabIndex={0} style={tracks}>
      <div role="table" aria-label={props.label} aria-rowcount={shown.length + 1}>
        <div role="rowgroup" className={styles.head}>
          <div role="row" aria-rowindex={1} className={styles.row}>
            {columns.map((column, index) => (
              <Heading
                key={column.key}
                column={column}
                before={columns[index - 1]}
                order={props.order}
                onOrder={props.onOrder}
              />
            ))}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ key, index, start }) => (
            <PlacedRow
              key={key}
              row={shown[index] as T}
              columns={columns as Column<unknown>[]}
              index={index}
              start={start}
              marked={key === marked}
              measure={virtual.measureElement}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  row: unknown;
  columns: Column<unknown>[];
  index: number;
  /** Pixels from the top of the list. */
  start: number;
  marked: boolean;
  measure: (element: HTMLElement | null) => void;
}

/** A row in its place. Scrolling draws only those that come into sight. */
const PlacedRow = memo(function PlacedRow({ row, columns, index, start, marked, measure }: RowProps): ReactElement {
  const styles = useStyles();
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={marked ? "true" : undefined}
      data-index={index}
      ref={measure}
      className={mergeClasses(styles.row, styles.placed, marked && styles.marked)}
      style={{ transform: `translateY(${start}px)` }}
    >
      {columns.map((column, at) => (
        <div
          key={column.key}
          role="cell"
          data-title={column.title}
          className={mergeClasses(
            styles.cell,
            (column.number || column.titled) && styles.titled,
            column.small && styles.small,
            columns[at - 1]?.small && styles.afterSmall,
            column.number && styles.number,
            isTextAfterNumber(column, columns[at - 1]) && styles.afterNumber,
          )}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
});

function isTextAfterNumber<T>(column: Column<T>, before: Column<T> | undefined): boolean {
  return before?.number === true && !column.number && column.title !== "";
}

interface HeadingProps<T> {
  column: Column<T>;
  /** The one at its left. */
  before: Column<T> | undefined;
  order: Sorting | undefined;
  onOrder: (order: Sorting) => void;
}

function Heading<T>({ column, before, order, onOrder }: HeadingProps<T>): ReactElement {
  const styles = useStyles();
  const direction = order?.column === column.key ? order.direction : undefined;
  const other = direction === "ascending" ? "descending" : "ascending";
  return (
    <div
      role="columnheader"
      aria-sort={column.value ? (direction ?? "none") : undefined}
      className={mergeClasses(
        styles.title,
        column.number && styles.number,
        isTextAfterNumber(column, before) && styles.afterNumber,
      )}
    >
      {column.value ? (
        <Button
          appearance="transparent"
          size="small"
          className={mergeClasses(styles.title, styles.order, column.number && styles.number)}
          iconPosition="after"
          icon={direction && (direction === "ascending" ? <ArrowUpRegular /> : <ArrowDownRegular />)}
          onClick={() => onOrder({ column: column.key, direction: other })}
        >
          {column.title}
        </Button>
      ) : (
        column.title
      )}
    </div>
  );
}
