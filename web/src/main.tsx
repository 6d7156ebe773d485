import { IS_BACK, loadApp } from "./early";
import { askAhead } from "./api/ask";
import { readConfig } from "./app/config";
import { neededAt } from "./app/files";
import { Session } from "./app/session";

const root = document.getElementById("root") as HTMLElement;
/** What is shown without a sign-in, or ends it. */
const OPEN = ["/signed-out", "/signed-in", "/signed-in-again"];

/** Whoever must sign in first leaves for Microsoft before the app is loaded: it is loaded once, when they are back. */
async function begin(): Promise<void> {
  if (IS_BACK) return comeBack();
  const session = new Session(await readConfig());
  if (!OPEN.includes(location.pathname)) {
    const left = await session.begin(location.pathname + location.search + location.hash).then(
      () => true,
      () => false, // the app says why
    );
    if (left) return;
  }
  (await loadApp()).show(root, session);
}

/** Back from Microsoft: the app, the page and its first answers come beside each other. */
async function comeBack(): Promise<void> {
  const session = new Session(await readConfig());
  session.finish().then(
    (path) => {
      const { file, reads } = neededAt(path);
      askAhead(session, reads.map((read) => session.config.api + read));
      file?.load().catch(() => undefined); // the page asks for it again, and says why
    },
    () => undefined, // the app says why
  );
  (await loadApp()).show(root, session);
}

begin().catch((failed: unknown) => {
  root.textContent = `Seatwise is not set up here: ${failed instanceof Error ? failed.message : String(failed)}`;
});
