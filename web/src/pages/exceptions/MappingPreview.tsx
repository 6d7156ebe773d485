import { Text } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { counted, day } from "../../parts/format";

/** The lines come in the order of the mappings, and the new one is the last. */
export function MappingPreview({ of }: { of: Schemas["ShownPreview"] | undefined }): ReactElement | null {
  const line = of?.lines.at(-1);
  if (!line) return null;
  const before = line.before === null ? "There is no line yet" : `The line says ${counted(line.before, "seat")}`;
  const after = line.after === null ? line.why : `it would say ${counted(line.after, "seat")}${line.effective ? ` from ${day(line.effective)}` : ""}`;
  return (
    <Text role="status">
      {before}; {after}. {line.after !== null && line.why}
    </Text>
  );
}
