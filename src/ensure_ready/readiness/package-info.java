/** Whether it is ready: a rule for each kind, and the verdict on all of them. */
package ensure_ready.readiness;
