import { Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { Answer } from "../../parts/States";
import { FrozenLine } from "../billing/lines/FrozenLine";
import { useFreezing } from "../billing/lines/useFreezing";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { Numbers } from "./Numbers";
import { useRemedied } from "./useRemedied";
import { WhichLine } from "./WhichLine";

type Line = Schemas["DriftedLine"] & { wanted: number | null };
type Choice = "take_theirs" | "keep_ours";
const SAID: Record<Choice, string> = {
  take_theirs: "Their number is taken: the difference stays, and later changes move the line.",
  keep_ours: "Our number is written.",
};

/** A hand edit in the PSA: take theirs, keep ours, or freeze, by the numbers that are seen here. */
export function ChooseNumber({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const lines = useQuery({
    queryKey: [account, "drifted", alert.tenantId],
    queryFn: async (): Promise<Line[]> => {
      const [drifted, planned] = await Promise.all([
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/decidable-lines", { params: { path: { account }, query: { cursor } } }),
        ),
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/plan/lines", {
            params: { path: { account }, query: { cursor, tenant: alert.tenantId } },
          }),
        ),
      ]);
      const wanted = new Map(planned.map((line) => [line.mappingId, line.after]));
      return drifted
        .filter((line) => line.tenantId === alert.tenantId && line.psa !== null)
        .map((line) => ({ ...line, wanted: wanted.get(line.mappingId) ?? null }));
    },
  });
  return (
    <Answer query={lines} rows={3}>
      {(found) =>
        found.length
          ? found.map((line) => <Choose key={line.mappingId} line={line} close={close} />)
          : "It is decided: the row goes when the alerts are judged next."
      }
    </Answer>
  );
}

function Choose({ line, close }: { line: Line; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChoose = useMay("admin");
  const remedied = useRemedied(close);
  const path = { account, tenant: line.tenantId, mapping: line.mappingId };
  const theirs = Number(line.psa);
  const { freeze } = useFreezing(line, close);
  const choose = useMutation({
    mutationFn: (choice: Choice) =>
      answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/mappings/{mapping}/drift", {
          params: { path },
          body: { choice, psa: theirs, wanted: choice === "keep_ours" ? line.wanted : null },
        }),
      ),
    onSuccess: (_, choice) => remedied(SAID[choice]),
  });
  return (
    <section aria-label={`Line ${line.lineId} on agreement ${line.agreementId}`}>
      <WhichLine line={line} isIt={({ mappingId }) => mappingId === line.mappingId} />
      <Numbers
        of={[
          ["Last confirmed", line.confirmed],
          ["In the PSA now", theirs],
          ["Wanted", line.wanted],
        ]}
      />
      {line.frozen ? (
        <FrozenLine line={line} close={close} />
      ) : mayChoose ? (
        <Actions>
          <Act does={choose} given="take_theirs" disabled={!Number.isInteger(theirs)}>
            Take theirs: {theirs}
          </Act>
          <Act does={choose} given="keep_ours" disabled={line.wanted === null}>
            Keep ours: {line.wanted ?? "?"}
          </Act>
          <Act does={freeze} given="">
            Freeze the line
          </Act>
        </Actions>
      ) : (
        <Text>An admin chooses.</Text>
      )}
      <Refusal of={choose} />
      <Refusal of={freeze} />
    </section>
  );
}
