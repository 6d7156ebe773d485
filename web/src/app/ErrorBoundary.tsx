import { Button, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components";
import { Component, type ErrorInfo, type ReactNode } from "react";

/** A page that broke says so and leaves the rest standing. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <MessageBar intent="error" layout="multiline" role="alert">
        <MessageBarBody>This page could not be shown. Nothing was changed.</MessageBarBody>
        <MessageBarActions>
          <Button onClick={() => location.reload()}>Load it again</Button>
        </MessageBarActions>
      </MessageBar>
    );
  }
}
