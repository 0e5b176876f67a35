/** What is certain never to become ready without a change, and what the wait remembers to know it. */
package ensure_ready.certainty;
