import type { ReactElement } from "react";
import { Page } from "../../parts/Page";

export default function ExceptionsPage(): ReactElement {
  return <Page title="Exceptions">Soon.</Page>;
}
