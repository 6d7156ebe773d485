import { useMutation } from "@tanstack/react-query";
import { useEffect, type ReactElement } from "react";
import { useLocation, useSearchParams } from "wouter";
import { answer } from "../../api/client";
import { useApi } from "../../app/context";
import { CONSENT_ACCOUNT } from "../../parts/consent";
import { Failed, Loading } from "../../parts/States";

/** Microsoft leads back to here after a consent: it is finished in the account that it was begun in. */
export default function ConsentReturn(): ReactElement {
  const api = useApi();
  const [, go] = useLocation();
  const [search] = useSearchParams();
  const account = sessionStorage.getItem(CONSENT_ACCOUNT) ?? "";
  const there = `/accounts/${account}/settings/connections`;
  const finish = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/partner-consents/finish", {
          params: { path: { account } },
          body: {
            state: search.get("state") ?? "",
            code: search.get("code") ?? "",
            error: search.get("error") ?? "",
            errorDescription: search.get("error_description") ?? "",
          },
        }),
      ),
    onSuccess: () => go(there, { replace: true }),
  });
  const { mutate } = finish;
  useEffect(() => mutate(), [mutate]);
  if (!finish.error) return <Loading label="Finishing the consent" />;
  return <Failed error={finish.error} retry={() => go(there, { replace: true })} />;
}
