import { createRoot } from "react-dom/client";
import { makeApi } from "../api/client";
import { App } from "./App";
import type { Session } from "./session";

/** Draw the app. */
export function show(root: HTMLElement, session: Session): void {
  createRoot(root).render(<App services={{ session, api: makeApi(session.config.api, session) }} />);
}
