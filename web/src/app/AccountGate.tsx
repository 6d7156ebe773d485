import { BuildingRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, type ReactElement } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { answer } from "../api/client";
import { Page } from "../parts/Page";
import { Answer, Empty, Loading } from "../parts/States";
import { AccountContext, useApi, type OpenAccount as Open } from "./context";
import { ErrorBoundary } from "./ErrorBoundary";
import { Layout } from "./Layout";
import { PAGES } from "./pages";
import { SignInAgain } from "./SignInAgain";
import type { Look } from "./theme";

const OpenAccount = lazy(() => import("../pages/open/OpenAccount"));

interface LookProps {
  look: Look;
  setLook: (look: Look) => void;
}

function useMe() {
  const api = useApi();
  return useQuery({ queryKey: ["me"], queryFn: () => answer(api.GET("/api/me")) });
}

/** `/`: on to the person's account. */
export function FirstAccount(): ReactElement {
  return (
    <Answer query={useMe()}>
      {(me) =>
        me.accounts[0] ? (
          <Redirect to={`/accounts/${me.accounts[0].id}/today`} replace />
        ) : me.canOpen ? (
          <Suspense fallback={<Loading />}>
            <OpenAccount me={me} />
          </Suspense>
        ) : (
          <Empty icon={<BuildingRegular />} title="No account yet">
            {me.email} is no member of an account. Ask an owner of your MSP for an invitation.
          </Empty>
        )
      }
    </Answer>
  );
}

/** Everything of one account: `/accounts/ID/...`. */
export function AccountGate({ id, look, setLook }: { id: string } & LookProps): ReactElement {
  const api = useApi();
  const account = useQuery({
    queryKey: ["account", id],
    queryFn: () => answer(api.GET("/api/accounts/{account}", { params: { path: { account: id } } })),
  });
  return (
    <Answer query={useMe()}>
      {(me) => (
        <Answer query={account}>
          {({ name, mode, timezone, currencySymbol }) => {
            const { role = "reader", today = "" } = me.accounts.find((mine) => mine.id === id) ?? {};
            const open: Open = { id, name, mode, zone: timezone, symbol: currencySymbol, role, today, me };
            return (
              <AccountContext.Provider value={open}>
                <Router base={`/accounts/${id}`}>
                  <Layout look={look} setLook={setLook}>
                    <Pages />
                  </Layout>
                  <SignInAgain />
                </Router>
              </AccountContext.Provider>
            );
          }}
        </Answer>
      )}
    </Answer>
  );
}

function Pages(): ReactElement {
  return (
    <Suspense fallback={<Page title="Seatwise"><Loading /></Page>}>
      <Switch>
        {PAGES.map(({ path, Page: Shown }) => (
          <Route key={path} path={`/${path}/*?`}>
            <ErrorBoundary key={path}>
              <Shown />
            </ErrorBoundary>
          </Route>
        ))}
        <Route path="/">
          <Redirect to="/today" replace />
        </Route>
        <Route>
          <Page title="Nothing here">There is no such page. Choose one from the list.</Page>
        </Route>
      </Switch>
    </Suspense>
  );
}
