import { Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { everyRow } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { lineWords, useAgreementName } from "../../parts/agreements";
import { capital } from "../../parts/format";

interface Props {
  line: { tenantId: string; connection: string; agreementId: string; lineId: string };
  /** Is it this one, by the plan's words for a line? */
  isIt: (planned: { mappingId: string; change: string }) => boolean;
}

/** Which line a decision is about: a customer may have several that wait for one. */
export function WhichLine({ line, isIt }: Props): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const agreement = useAgreementName();
  const planned = useQuery({
    queryKey: [account, "planned", line.tenantId],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/plan/lines", {
          params: { path: { account }, query: { cursor, tenant: line.tenantId } },
        }),
      ),
  });
  const billed = planned.data?.find(isIt)?.profileName;
  const where = lineWords({ lineId: line.lineId, agreement: agreement(line) });
  return (
    <Text as="h3" weight="semibold" block>
      {billed ? `${billed}, ${where}` : capital(where)}
    </Text>
  );
}
