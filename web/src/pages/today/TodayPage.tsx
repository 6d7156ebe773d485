import type { ReactElement } from "react";
import { Page } from "../../parts/Page";

export default function TodayPage(): ReactElement {
  return <Page title="Today">Soon.</Page>;
}
