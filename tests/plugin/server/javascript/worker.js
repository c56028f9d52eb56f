// A job in Node that reports one thing of each kind.
import * as Sentry from "@sentry/node";

Sentry.init({
  tracesSampleRate: 1.0,
  traceLifecycle: "static",
  enableLogs: true,
  environment: "test",
  tunnel: process.env.TUNNEL,
  beforeSend: (event) => (event.message === "noise" ? null : event),
});
Sentry.setTag("worker", "nightly");

Sentry.startSpan({ name: "nightly import", op: "task" }, () => {});
Sentry.logger.info("imported rows", { rows: 3 });
Sentry.captureFeedback({ message: "It is slow", name: "Alice", email: "alice@example.com" });
Sentry.captureMessage("noise");
try {
  null.rows;
} catch (error) {
  Sentry.captureException(error);
}
await Sentry.flush(5000);
