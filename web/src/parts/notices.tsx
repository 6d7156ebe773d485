import { Link, Toast, ToastBody, ToastTitle, ToastTrigger, useToastController } from "@fluentui/react-components";
import { useCallback } from "react";
import { sentenceOf } from "../api/problem";

export const TOASTER = "notices";
/** A toast without a button would hold the focus of whoever comes by Tab until it is gone; it is read out anyway. */
const UNREACHABLE = { tabIndex: -1 };

interface Notice {
  text?: string;
  /** Takes back what was just done. */
  undo?: () => void;
}

/** Short notices in the corner: what was done, with its undo, or why it was not. */
export function useNotices() {
  const { dispatchToast } = useToastController(TOASTER);
  const done = useCallback(
    (title: string, { text, undo }: Notice = {}) =>
      dispatchToast(
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
    [dispatchToast],
  );
  const failed = useCallback(
    (title: string, error: unknown) =>
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          <ToastBody>{sentenceOf(error)}</ToastBody>
        </Toast>,
        { intent: "error", timeout: 12_000, pauseOnHover: true, root: UNREACHABLE },
      ),
    [dispatchToast],
  );
  return { done, failed };
}
