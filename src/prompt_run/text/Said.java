package prompt_run.text;

import java.time.Instant;

/**
 * What somebody wrote. {@code association} is GitHub's word for what they are to the repository; {@code changed} is the time of the last
 * edit.
 */
public record Said(String source, String author, String association, Instant changed, String text) { }
