import { Toaster } from "@fluentui/react-components";
import { useEffect, type ReactElement } from "react";
import { TOASTER, noticesAreShown } from "../parts/notices";

/** Where the notices of every page appear. */
export default function Notices(): ReactElement {
  useEffect(noticesAreShown, []);
  return <Toaster toasterId={TOASTER} position="bottom-end" />;
}
