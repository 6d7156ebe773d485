import { Button, FluentProvider } from "@fluentui/react-components";
import { PersonAvailableRegular } from "@fluentui/react-icons";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, lazy, useEffect, useState, type ReactElement } from "react";
import { Route, Switch, useLocation } from "wouter";
import { ApiProblem } from "../api/problem";
import { soon } from "../parts/soon";
import { Empty, Failed, Loading } from "../parts/States";
import { AccountGate, FirstAccount } from "./AccountGate";
import { ServicesContext, type Services } from "./context";
import { ownPath } from "./session";
import { SignInAgain } from "./SignInAgain";
import { useLook } from "./theme";

const Notices = lazy(() => soon().then(() => import("./Notices")));
const PortalPage = lazy(() => import("../pages/portal/PortalPage"));
const ConsentReturn = lazy(() => import("../pages/settings/ConsentReturn"));
const JoinPage = lazy(() => import("../pages/join/JoinPage"));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // A refusal is final; a read that was not answered is asked once more. Writes are never repeated.
      retry: (failures, error) => failures < 1 && !(error instanceof ApiProblem && error.problem.status < 500),
    },
    mutations: { retry: false },
  },
});

export function App({ services }: { services: Services }): ReactElement {
  const { theme, look, setLook } = useLook();
  return (
    <FluentProvider theme={theme}>
      <ServicesContext.Provider value={services}>
        <QueryClientProvider client={queries}>
          <Switch>
            <Route path="/signed-out">
              <SignedOut />
            </Route>
            <Route path="/signed-in">
              <SignedIn services={services} />
            </Route>
            <Route path="/signed-in-again">
              <SignedInAgain services={services} />
            </Route>
            <Route path="/accounts/:account/*?">
              {({ account }) => (
                <SignedInOnly services={services}>
                  <AccountGate key={account} id={account} look={look} setLook={setLook} />
                </SignedInOnly>
              )}
            </Route>
            <Route path="/portal/:account">
              {({ account }) => (
                <SignedInOnly services={services}>
                  <Suspense fallback={<Loading />}>
                    <PortalPage key={account} account={account} />
                    <SignInAgain />
                  </Suspense>
                </SignedInOnly>
              )}
            </Route>
            <Route path="/partner-consent">
              <SignedInOnly services={services}>
                <Suspense fallback={<Loading />}>
                  <ConsentReturn />
                </Suspense>
              </SignedInOnly>
            </Route>
            <Route path="/join">
              <SignedInOnly services={services}>
                <Suspense fallback={<Loading />}>
                  <JoinPage />
                </Suspense>
              </SignedInOnly>
            </Route>
            <Route>
              <SignedInOnly services={services}>
                <FirstAccount />
              </SignedInOnly>
            </Route>
          </Switch>
          <Suspense fallback={null}>
            <Notices />
          </Suspense>
        </QueryClientProvider>
      </ServicesContext.Provider>
    </FluentProvider>
  );
}

/** Who comes without a sign-in goes to Microsoft's page at once, and back to where they wanted to be. */
function SignedInOnly({ services, children }: { services: Services; children: ReactElement }): ReactElement {
  const [error, setError] = useState<unknown>(null);
  // A sign-in that ends later keeps its page: SignInAgain asks there.
  const [wasSignedIn] = useState(() => services.session.isSignedIn());
  useEffect(() => {
    if (!wasSignedIn) services.session.begin(location.pathname + location.search + location.hash).catch(setError);
  }, [services, wasSignedIn]);
  if (error !== null) return <Failed error={error} retry={() => location.reload()} />;
  return wasSignedIn ? children : <Loading label="Going to the sign-in" />;
}

function SignedIn({ services }: { services: Services }): ReactElement {
  const [, go] = useLocation();
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    services.session.finish().then((path) => go(path, { replace: true }), setError);
  }, [services, go]);
  if (error === null) return <Loading label="Signing in" />;
  return <Failed error={error} retry={() => location.assign("/")} />;
}

function SignedInAgain({ services }: { services: Services }): ReactElement {
  useEffect(() => {
    services.session.finishAgain().catch(console.error);
  }, [services]);
  return <Loading label="Signing in" />;
}

function SignedOut(): ReactElement {
  const back = ownPath(new URLSearchParams(location.search).get("back"));
  return (
    <main>
      <Empty icon={<PersonAvailableRegular />} title="You are signed out">
        <Button appearance="primary" onClick={() => location.assign(back)}>
          Sign in with Microsoft
        </Button>
      </Empty>
    </main>
  );
}
