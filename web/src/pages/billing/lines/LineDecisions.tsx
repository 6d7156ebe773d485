import { Button, Text } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { useMay } from "../../../app/context";
import { count, useFormat } from "../../../parts/format";
import { Answer } from "../../../parts/States";
import { Actions } from "../../exceptions/Actions";
import { FreezeLine, FrozenLine } from "./FrozenLine";
import { isUndoable, type Change } from "./newestChange";
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
          return (
            <>
              {frozen && <FrozenLine line={frozen} />}
              <NewestChange tenantId={tenantId} mappingId={mappingId} isFrozen={frozen !== undefined} />
              {mayDecide && !frozen && <FreezeLine line={{ tenantId, mappingId }} />}
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function NewestChange({ isFrozen, ...line }: MappedLine & { isFrozen: boolean }): ReactElement {
  const mayDecide = useMay("admin");
  const format = useFormat();
  const newest = useNewestEntry(line);
  const [undoing, setUndoing] = useState<Change>();
  if (undoing) return <UndoChange change={undoing} close={() => setUndoing(undefined)} />;
  return (
    <Answer query={newest} rows={1}>
      {(entry) =>
        isUndoable(entry) ? (
          <>
            <Text block>
              Its newest change: {count(entry.before)} to {count(entry.after)}, {format.time(entry.at)}.
            </Text>
            {mayDecide && !isFrozen && (
              <Actions>
                <Button onClick={() => setUndoing(entry)}>Undo this change …</Button>
              </Actions>
            )}
          </>
        ) : (
          <Text block>{entry?.event === "undone" ? undoneWords(entry) : "No change of it can be undone now."}</Text>
        )
      }
    </Answer>
  );
}

function undoneWords({ before, after }: { before: number | null; after: number | null }): string {
  return before === null || after === null ? "A change is undone." : `An undo is decided: ${count(before)} to ${count(after)}.`;
}
