/** The result as JSON, text, Markdown and annotations; progress while waiting. */
package ensure_ready.report;
