import { Link, Toast, ToastBody, ToastTitle, ToastTrigger, useToastController } from "@fluentui/react-components";
import { useCallback } from "react";
import { sentenceOf } from "../api/problem";

export const TOASTER = "notices";
/** A toast without a button would hold the focus of whoever comes by Tab until it is gone; it is read out anyway. */
const UNREACHABLE = { tabIndex: -1 };

let noticesAreShown = (): void => undefined;
/** The Toaster is loaded after the first page; what is said before waits for it. */
const shown = new Promise<void>((resolve) => (noticesAreShown = resolve));
export { noticesAreShown };

interface Notice {
  text?: string;
  /** Takes back what was just done. */
  undo?: () => void;
}

/** Short notices in the corner: what was done, with its undo, or why it was not. */
export function useNotices() {
  const { dispatchToast } = useToastController(TOASTER);
  const tell = useCallback(
    (...notice: Parameters<typeof dispatchToast>) => void shown.then(() => dispatchToast(...notice)),
    [dispatchToast],
  );
  const done = useCallback(
    (title: string, { text, undo }: Notice = {}) =>
      tell(
        <Toast>
          <ToastTitle
            action={
              undo && (
                <ToastTrigger>
                  <Link as="button" onClick={undo}>
                    Undo
                  </Link>
                </ToastTrigger>
              )
            }
          >
            {title}
          </ToastTitle>
          {text && <ToastBody>{text}</ToastBody>}
        </Toast>,
        { intent: "success", timeout: undo ? 12_000 : 5_000, pauseOnHover: true, root: undo ? {} : UNREACHABLE },
      ),
    [tell],
  );
  const failed = useCallback(
    (title: string, error: unknown) =>
      tell(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          <ToastBody>{sentenceOf(error)}</ToastBody>
        </Toast>,
        { intent: "error", timeout: 12_000, pauseOnHover: true, root: UNREACHABLE },
      ),
    [tell],
  );
  return { done, failed };
}
