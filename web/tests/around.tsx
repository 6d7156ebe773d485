import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure } from "@testing-library/react";
import type { ReactElement, ReactNode } from "react";
import { makeApi } from "../src/api/client";
import { AccountContext, ServicesContext, type OpenAccount, type Services } from "../src/app/context";

configure({ asyncUtilTimeout: 10_000 }); // a busy machine is slow, not wrong

const session = { token: () => "t", renew: async () => null } as unknown as Services["session"];
const services: Services = { api: makeApi("https://api.example", session), session };
const account = { id: "a", name: "An MSP", zone: "Europe/London", symbol: "£", today: "2031-05-07" } as OpenAccount;

/** What a part of a page needs around it, once for one test: an account open to an editor, and nothing read yet. */
export function around(role: OpenAccount["role"] = "editor"): (props: { children: ReactNode }) => ReactElement {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return function Around({ children }) {
    return (
      <ServicesContext.Provider value={services}>
        <QueryClientProvider client={queries}>
          <AccountContext.Provider value={{ ...account, role }}>{children}</AccountContext.Provider>
        </QueryClientProvider>
      </ServicesContext.Provider>
    );
  };
}
