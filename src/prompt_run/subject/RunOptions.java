package prompt_run.subject;

import java.nio.file.Path;
import java.util.Map;

/** The options that say what is done, merged with their twins and checked. */
public record RunOptions(String kind, String lang, Path templates, Path template, Map<String, Object> vars,
                         boolean print, boolean dryRun) { }
