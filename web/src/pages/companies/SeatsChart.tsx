import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { count, day } from "../../parts/format";

type Day = Schemas["ShownDay"];
const WIDTH = 480;
const HEIGHT = 96;

const useStyles = makeStyles({
  chart: { width: "100%", height: "auto", display: "block" },
  purchased: { stroke: tokens.colorBrandStroke1, strokeWidth: "2px", fill: "none" },
  assigned: { stroke: tokens.colorNeutralStroke1, strokeWidth: "2px", strokeDasharray: "4 3", fill: "none" },
  base: { stroke: tokens.colorNeutralStroke2 },
  soft: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** Purchased seats as steps, assigned ones dashed; a gap is a time without a number to trust. */
export function SeatsChart({ days }: { days: Day[] }): ReactElement {
  const styles = useStyles();
  const first = days[0];
  const last = days[days.length - 1];
  if (!first || !last) return <>No day has been counted yet: the first is here after the next sync.</>;
  const most = Math.max(1, ...days.map((one) => Math.max(one.purchased ?? 0, one.assigned ?? 0)));
  const story = days
    .slice(-6)
    .map((one) => `${day(one.on)}: ${one.purchased === null ? "not known" : count(one.purchased)}`)
    .join("; ");
  return (
    <figure style={{ margin: 0 }}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Purchased seats. ${story}`} className={styles.chart}>
        <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} className={styles.base} />
        <path d={steps(days, most, (one) => one.assigned)} className={styles.assigned} />
        <path d={steps(days, most, (one) => one.purchased)} className={styles.purchased} />
      </svg>
      <figcaption className={styles.soft}>
        Since {day(first.on)}; last change {day(last.on)}. Purchased {last.purchased ?? "–"} (line), assigned{" "}
        {last.assigned ?? "–"} (dashed), at most {count(most)}.
      </figcaption>
    </figure>
  );
}

/** The path of a number that holds from its day until the next: by time, up to now or the end of the last day. */
export function steps(days: Day[], most: number, value: (day: Day) => number | null, now = Date.now()): string {
  const begins = Date.parse(days[0]?.on ?? "");
  const ends = Math.max(now, Date.parse(days[days.length - 1]?.on ?? "") + 86_400_000);
  const span = ends - begins;
  const x = (at: number) => Math.round(((at - begins) / span) * WIDTH);
  const y = (seats: number) => Math.round((HEIGHT - 4) * (1 - seats / most)) + 2;
  let path = "";
  let drawing = false;
  days.forEach((one, index) => {
    const seats = value(one);
    if (seats === null) {
      drawing = false;
      return;
    }
    const next = days[index + 1];
    const from = x(Date.parse(one.on));
    const to = x(next ? Date.parse(next.on) : ends);
    path += `${drawing ? "L" : "M"}${from} ${y(seats)}L${to} ${y(seats)}`;
    drawing = true;
  });
  return path;
}
