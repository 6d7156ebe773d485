import { readConfig } from "./app/config";
import { Session } from "./app/session";

const root = document.getElementById("root") as HTMLElement;
/** What is shown without a sign-in, or ends it. */
const OPEN = ["/signed-out", "/signed-in", "/signed-in-again"];

/** Whoever must sign in first leaves for Microsoft before the app is loaded: it is loaded once, when they are back. */
async function begin(): Promise<void> {
  const session = new Session(await readConfig());
  if (!OPEN.includes(location.pathname)) {
    const left = await session.begin(location.pathname + location.search + location.hash).then(
      () => true,
      () => false, // the app says why
    );
    if (left) return;
  }
  if (location.pathname === "/signed-in") session.finish().catch(() => undefined); // the app says why
  const { show } = await import("./app/show");
  show(root, session);
}

begin().catch((failed: unknown) => {
  root.textContent = `Seatwise is not set up here: ${failed instanceof Error ? failed.message : String(failed)}`;
});
