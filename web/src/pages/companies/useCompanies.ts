import { type Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { useList } from "../../parts/useList";

export type Company = Schemas["CompanyInList"];

/** The account's companies: what each tenant is billed as. */
export function useCompanies() {
  const api = useApi();
  return useList<Company>(["companies"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/companies", { params: { path: { account }, query: asked }, ...as }),
  );
}
