// A page that reports one thing of each kind.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: new URLSearchParams(location.search).get("dsn"),
  tracesSampleRate: 1.0,
  traceLifecycle: "static",
  enableLogs: true,
  environment: "test",
});
Sentry.setTag("page", "cart");

Sentry.startSpan({ name: "checkout", op: "ui.action" }, () => {});
Sentry.logger.info("cart filled", { items: 2 });
Sentry.captureFeedback({ message: "The button is broken", name: "Bob", email: "bob@example.com" });
setTimeout(() => {
  throw new RangeError("cart overflow");
});
Sentry.flush(5000);
