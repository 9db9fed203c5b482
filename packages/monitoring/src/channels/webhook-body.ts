import { fingerprint } from "../deliver/fingerprint.ts";
import type { Notification } from "../deliver/notification.ts";
import { notificationText } from "../deliver/notification-text.ts";

/**
 * A notification in the shape of Alertmanager's webhooks, version 4, with one alert. What the alert is stands in its fingerprint and its
 * labels, which are the same however bad it is, and when it is over; how it stands is in the annotations.
 *
 * See https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function webhookBody(told: Notification, receiver: string): string {
  const { name, state, severity, scope, scopeName, value, reason, instance, kind } = told;
  const status = state === "ok" ? "resolved" : "firing";
  const labels = {
    alertname: name,
    instance,
    ...(scope === "" ? {} : { [scope]: scopeName }),
    ...(kind === "heartbeat" ? { severity: "none" } : {}),
    ...(kind === "test" ? { test: "true" } : {}),
  };
  const annotations = {
    summary: notificationText(told),
    state,
    ...(severity === null ? {} : { severity }),
    ...(value === null ? {} : { value: String(value) }),
    ...(reason === null ? {} : { description: reason }),
  };
  const print = fingerprint(told);
  return JSON.stringify({
    version: "4",
    groupKey: `{}:{fingerprint="${print}"}`,
    truncatedAlerts: 0,
    status,
    receiver,
    groupLabels: { alertname: name },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: "",
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: told.beganAt.toISOString(),
        // As Alertmanager gives it for one that has no end yet.
        endsAt: state === "ok" ? told.changedAt.toISOString() : "0001-01-01T00:00:00Z",
        generatorURL: "",
        fingerprint: print,
      },
    ],
  });
}
