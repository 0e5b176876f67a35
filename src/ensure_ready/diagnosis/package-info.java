/** Why it is not ready: codes, messages, findings, wiring, and the roots that explain the rest. */
package ensure_ready.diagnosis;
