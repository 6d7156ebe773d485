import { Skeleton, SkeletonItem, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { counted, day } from "../format";
import { toldOf } from "../InvoiceText";
import { leftTold } from "./leaving";
import type { LivePreview } from "./livePreview";

type Line = Schemas["ShownLine"];

const useStyles = makeStyles({
  // As high as what it mostly says, so that nothing below it moves when it comes.
  place: { display: "grid", gap: "8px", alignContent: "start", minHeight: "64px", boxSizing: "border-box", padding: "12px",
    borderRadius: tokens.borderRadiusMedium, backgroundColor: tokens.colorNeutralBackground3,
    "& > span": { display: "block" } },
  waits: { color: tokens.colorNeutralForeground2 },
});

interface Props {
  preview: LivePreview;
  /** The one of its lines that is edited. */
  line: Line | undefined;
  /** Said while nothing can be previewed. */
  missing: string;
}

/** What saving would do to the line. A screen reader is told the sentences that change, once they are there. */
export function PreviewedLine({ preview, line, missing }: Props): ReactElement {
  const styles = useStyles();
  const { waits, shown } = preview;
  const left = shown ? leftTold(shown) : [];
  const nothing = shown ? "No line ends, and nothing is billed." : preview.error ? "It would not be saved." : missing;
  return (
    <div
      role="status"
      aria-live="polite"
      aria-atomic="false"
      aria-busy={waits}
      aria-label="What it would do"
      className={mergeClasses(styles.place, waits && styles.waits)}
    >
      {left.map((told) => (
        <span key={told}>{told}</span>
      ))}
      {line ? <Told line={line} /> : waits && !shown ? <Rows /> : !left.length && <span>{nothing}</span>}
    </div>
  );
}

function Told({ line }: { line: Line }): ReactElement {
  const text = toldOf(line);
  return (
    <>
      <span>{numberOf(line)}</span>
      {line.textState !== "none" && line.textBefore !== null && (
        <span>On the invoice now: {line.textBefore || "nothing of its own"}.</span>
      )}
      {text && <span>{text}</span>}
    </>
  );
}

function Rows(): ReactElement {
  return (
    <Skeleton aria-label="Loading">
      <SkeletonItem size={16} />
      <SkeletonItem size={16} style={{ marginTop: "8px", width: "70%" }} />
    </Skeleton>
  );
}

/** What the line says now and would say, and why. */
export function numberOf({ lineId, before, after, effective, why }: Pick<Line, "lineId" | "before" | "after" | "effective" | "why">): string {
  const now = lineId === "" || before === null ? "There is no line yet" : `The line says ${counted(before, "seat")}`;
  if (after === null) return `${now}; ${why}`;
  const says = `would say ${counted(after, "seat")}${effective ? ` from ${day(effective)}` : ""}. ${why}`;
  return lineId === "" ? `A new line ${says}`.trim() : `${now}; it ${says}`.trim();
}
