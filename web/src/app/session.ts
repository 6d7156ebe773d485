import { InMemoryWebStorage, User, UserManager, WebStorageStateStore, type OidcMetadata } from "oidc-client-ts";
import type { Config } from "./config";

/**
 * Who is signed in. Tokens live in memory only; a reload signs in anew, which Microsoft does without a question.
 * What waits in sessionStorage during a sign-in is its PKCE verifier, worthless without the code.
 */
export class Session {
  private readonly manager: UserManager;
  private user: User | null = null;
  private renewing: Promise<string | null> | null = null;
  private readonly listeners = new Set<() => void>();
  /** The token was refused and could not be renewed: pages stay, and a person is asked to sign in again. */
  private ended = false;
  /** When the sign-in was put off last, in milliseconds of this page's clock. */
  private putOff = -Infinity;

  private finishing: Promise<string> | null = null;

  constructor(readonly config: Config) {
    this.manager = new UserManager({
      authority: config.authority,
      metadata: endpointsOf(config.authority),
      client_id: config.clientId,
      redirect_uri: `${location.origin}/signed-in`,
      popup_redirect_uri: `${location.origin}/signed-in-again`,
      response_type: "code",
      scope: `openid profile offline_access api://${config.clientId}/access_as_user`,
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: "sign-in." }),
      automaticSilentRenew: false,
      monitorSession: false,
      loadUserInfo: false,
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  hasEnded = (): boolean => this.ended;

  isSignedIn(): boolean {
    return this.user !== null;
  }

  token(): string | null {
    return this.user?.access_token ?? null;
  }

  /** Leave for Microsoft's page and come back to `path`. */
  async begin(path: string): Promise<void> {
    await this.manager.signinRedirect({ state: { path } });
  }

  /** Back from Microsoft's page: the path that was wanted. Asked twice, it is done once: the code is good once. */
  finish(): Promise<string> {
    return (this.finishing ??= this.finished());
  }

  private async finished(): Promise<string> {
    this.user = await this.manager.signinRedirectCallback();
    const state = this.user.state as { path?: unknown } | undefined;
    return ownPath(state?.path);
  }

  /**
   * A new access token by the refresh token, or null. Several that ask at once share one request. What began before the
   * sign-in was put off (`begun`, on this page's clock) was put off with it: nobody is asked again for that.
   */
  renew(begun: number): Promise<string | null> {
    if (begun < this.putOff) return Promise.resolve(this.token());
    this.renewing ??= this.renewed().finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async renewed(): Promise<string | null> {
    try {
      this.user = this.user?.refresh_token ? await this.manager.signinSilent() : null;
    } catch (failed) {
      console.warn("The sign-in could not be renewed.", failed);
      this.user = null;
    }
    this.tell(this.user === null);
    return this.token();
  }

  /** Sign in again in a window of its own, so that nothing on this page is lost. */
  async again(): Promise<void> {
    this.user = await this.manager.signinPopup();
    this.tell(false);
  }

  /** Not now: the page stays as it is, and the next thing that is asked of the API asks for the sign-in again. */
  later = (): void => {
    this.putOff = performance.now();
    this.tell(false);
  };

  /** In that window: hand the answer to the page that opened it. */
  async finishAgain(): Promise<void> {
    await this.manager.signinPopupCallback();
  }

  /** `back` is where whoever signs in again comes to. */
  async signOut(back = "/"): Promise<void> {
    this.user = null;
    await this.manager.removeUser();
    location.assign(`/signed-out?${new URLSearchParams({ back }).toString()}`);
  }

  private tell(ended: boolean): void {
    this.ended = ended;
    this.listeners.forEach((listener) => listener());
  }
}

/**
 * Where Entra's authority signs people in: known, so it is not asked for before each sign-in.
 * Source: learn.microsoft.com/entra/identity-platform/v2-protocols-oidc. Another authority is asked.
 */
export function endpointsOf(authority: string): Partial<OidcMetadata> | undefined {
  const tenant = /^(.+)\/v2\.0\/?$/.exec(authority)?.[1];
  if (!tenant) return undefined;
  const endpoints = `${tenant}/oauth2/v2.0`;
  return { issuer: authority, authorization_endpoint: `${endpoints}/authorize`, token_endpoint: `${endpoints}/token` };
}

/** A path of this site and nothing else, whatever came back. */
export function ownPath(path: unknown): string {
  return typeof path === "string" && /^\/(?![/\\])/.test(path) ? path : "/";
}
