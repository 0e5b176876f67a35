/** The event, the report and the model that were asked for. */
package prompt_run.facts;
