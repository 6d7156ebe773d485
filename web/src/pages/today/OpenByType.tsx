import { Badge, Text, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link } from "wouter";
import type { Schemas } from "../../api/client";
import { count, useFormat } from "../../parts/format";
import { Panel } from "../../parts/Panel";

const useStyles = makeStyles({
  title: { margin: 0 },
  table: { width: "100%", borderCollapse: "collapse",
    "& td, & th": { padding: "8px 0 8px 12px", borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
    "& td:first-child, & th:first-child": { paddingLeft: 0 },
    "& thead th": { borderTop: "none", color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular } },
  left: { textAlign: "left", fontWeight: tokens.fontWeightRegular },
  number: { textAlign: "right", fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" },
  link: { color: tokens.colorBrandForegroundLink },
  urgent: { marginLeft: "8px" },
});

/** Open exceptions by type, in the order of what costs most to ignore. */
export function OpenByType({ types }: { types: Schemas["ShownTypeCount"][] }): ReactElement {
  const styles = useStyles();
  const format = useFormat();
  return (
    <Panel>
      <Text as="h2" size={400} weight="semibold" className={styles.title}>
        What is open
      </Text>
      <table className={styles.table}>
        <thead>
          <tr>
            <th className={styles.left}>Type</th>
            <th className={styles.number}>Rows</th>
            <th className={styles.number}>A month</th>
          </tr>
        </thead>
        <tbody>
          {types.map((type) => (
            <tr key={type.type}>
              <th scope="row" className={styles.left}>
                <Link href={`/exceptions?type=${type.type}`} className={styles.link}>
                  {type.title}
                </Link>
                {type.urgent > 0 && (
                  <Badge appearance="tint" color="danger" className={styles.urgent}>
                    {count(type.urgent)} urgent
                  </Badge>
                )}
              </th>
              <td className={styles.number}>{count(type.rows)}</td>
              <td className={styles.number}>{Number(type.money) ? format.money(type.money) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
