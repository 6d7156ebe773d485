import { useMutation } from "@tanstack/react-query";
import { answer, type Schemas } from "../api/client";
import { useAccount, useApi } from "../app/context";

/** Where the account waits while its person is at Microsoft's page: the answer comes to a page of all accounts. */
export const CONSENT_ACCOUNT = "consent.account";

/** Leave for Microsoft's consent page; it leads back to /partner-consent. */
export function useConsent() {
  const api = useApi();
  const { id: account } = useAccount();
  return useMutation({
    mutationFn: (body: Schemas["ConsentGiven"]) =>
      answer(api.POST("/api/accounts/{account}/partner-consents", { params: { path: { account } }, body })),
    onSuccess: ({ address }) => {
      sessionStorage.setItem(CONSENT_ACCOUNT, account);
      location.assign(address);
    },
  });
}
