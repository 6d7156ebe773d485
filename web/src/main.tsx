import { createRoot } from "react-dom/client";
import { makeApi } from "./api/client";
import { App } from "./app/App";
import { readConfig } from "./app/config";
import { Session } from "./app/session";

const root = document.getElementById("root") as HTMLElement;

readConfig().then(
  (config) => {
    const session = new Session(config);
    createRoot(root).render(<App services={{ session, api: makeApi(config.api, session) }} />);
  },
  (failed: unknown) => {
    root.textContent = `Seatwise is not set up here: ${failed instanceof Error ? failed.message : String(failed)}`;
  },
);
