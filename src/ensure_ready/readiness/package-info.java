/** Whether it is ready: rules for each kind, verdicts, certainty, settling. */
package ensure_ready.readiness;
