/** FreeMarker templates, found and filled in. */
package prompt_run.templates;
