/** The first import of main.tsx: its line is busy with the app while the scripts of the sign-in are read and run. */
export const loadApp = () => import("./app/show");

/** Is somebody back from Microsoft? */
export const IS_BACK = location.pathname === "/signed-in";

if (IS_BACK) loadApp().catch(() => undefined); // said by whoever waits for it
