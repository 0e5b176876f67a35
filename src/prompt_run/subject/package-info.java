/** What a run is about, checked: options, facts, event, report, place. */
package prompt_run.subject;
