import { Button, Text } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { useMay } from "../../../app/context";
import { count, useFormat } from "../../../parts/format";
import { Answer } from "../../../parts/States";
import { Actions } from "../../exceptions/Actions";
import { EVENTS } from "./events";
import { FreezeLine, FrozenLine } from "./FrozenLine";
import { isUndoable, type Change, type Entry } from "./newestChange";
import { UndoChange } from "./UndoChange";
import { useDecidableLines, type MappedLine } from "./useFreezing";
import { useNewestEntry } from "./useNewestEntry";

/** What a person says of a mapping's line: freeze it, unfreeze it, undo its newest change (N2, N3). */
export function LineDecisions({ tenantId, mappingId }: MappedLine): ReactElement {
  const mayDecide = useMay("admin");
  const decidable = useDecidableLines();
  return (
    <section aria-label="The line">
      <Text as="h3" size={400} weight="semibold" block>
        The line
      </Text>
      <Answer query={decidable} rows={2}>
        {(lines) => {
          const frozen = lines.find((line) => line.mappingId === mappingId && line.tenantId === tenantId && line.frozen);
          if (frozen) return <FrozenLine line={frozen} />;
          return (
            <>
              <NewestChange tenantId={tenantId} mappingId={mappingId} />
              {mayDecide && <FreezeLine line={{ tenantId, mappingId }} />}
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function NewestChange(line: MappedLine): ReactElement {
  const mayDecide = useMay("admin");
  const format = useFormat();
  const newest = useNewestEntry(line);
  const [undoing, setUndoing] = useState<Change>();
  if (undoing) return <UndoChange change={undoing} close={() => setUndoing(undefined)} />;
  return (
    <Answer query={newest} rows={1}>
      {(entry) => (
        <>
          <Text block>{entry ? `${toldOf(entry)}, ${format.time(entry.at)}.` : "Seatwise has not changed it yet."}</Text>
          {mayDecide && isUndoable(entry) && (
            <Actions>
              <Button onClick={() => setUndoing(entry)}>Undo this change …</Button>
            </Actions>
          )}
        </>
      )}
    </Answer>
  );
}

function toldOf(entry: Entry): string {
  const { event, before, after } = entry;
  if (isUndoable(entry)) return `Its newest change: ${count(entry.before)} to ${count(entry.after)}`;
  const numbers = [before, after].filter((number) => number !== null).map(count);
  return `Newest in the ledger: ${[EVENTS[event], numbers.join(" to ")].filter(Boolean).join(", ")}`;
}
