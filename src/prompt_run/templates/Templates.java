package prompt_run.templates;

import freemarker.cache.ClassTemplateLoader;
import freemarker.cache.FileTemplateLoader;
import freemarker.cache.MultiTemplateLoader;
import freemarker.cache.TemplateLoader;
import freemarker.template.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import prompt_run.machine.Log;
import prompt_run.options.UsageError;
import shared.system.TemplateEngine;
import shared.system.TextFile;

/** Where templates come from: {@code --templates} first, then the ones this script brings along. */
public final class Templates {
    public static final Map<String, String> BUILT_IN = kindsWithPurpose();
    private static final TemplateLoader OURS = new ClassTemplateLoader(Templates.class, "/templates");
    /** Its templates are parsed once, however often a prompt is rendered. */
    private static final Configuration OUR_ENGINE = TemplateEngine.of(OURS);
    private static final Pattern FILE_NAME = Pattern.compile("([a-z][a-z0-9]*(?:_[a-z0-9]+)+)_([a-z]{2,3})\\.ftl");

    private final Path folder;
    private final Path single;

    public Templates(Path folder, Path single) {
        if (folder != null && !folder.toFile().isDirectory()) {
            throw new UsageError("--templates " + folder + ": not a folder");
        }
        if (single != null && !Files.isRegularFile(single)) {
            throw new UsageError("--template " + single + ": no such file");
        }
        this.folder = folder;
        this.single = single;
    }

    private static Map<String, String> kindsWithPurpose() {
        var kinds = new LinkedHashMap<String, String>();
        kinds.put("dev_issue", "implement the issue and send a pull request");
        kinds.put("plan_issue", "write a plan for the issue, change nothing");
        kinds.put("repair_issue", "find the fault of the environment, restore the services, send the fix as a pull request");
        kinds.put("dev_review", "answer the review of a pull request of dev_issue");
        kinds.put("plan_review", "revise the plan after comments");
        kinds.put("repair_review", "answer the review of a pull request of repair_issue");
        kinds.put("repair_plan", "diagnose the environment and rank the ways to repair it, change nothing");
        return kinds;
    }

    /** Every kind with its languages. */
    public Map<String, Set<String>> kinds() {
        var kinds = new LinkedHashMap<String, Set<String>>();
        BUILT_IN.keySet().forEach(kind -> kinds.put(kind, new TreeSet<>(List.of("en", "ru"))));
        if (folder != null) {
            try (var files = Files.list(folder)) {
                files.map(file -> FILE_NAME.matcher(file.getFileName().toString())).filter(Matcher::matches)
                    .forEach(name -> kinds.computeIfAbsent(name.group(1), kind -> new TreeSet<>()).add(name.group(2)));
            } catch (IOException problem) {
                throw new UsageError("--templates " + folder + ": cannot read it (" + TextFile.reason(problem) + ")", problem);
            }
        }
        return kinds;
    }

    /** The name of the template for a kind; English when the language has none. */
    String nameFor(String kind, String lang, Log log) {
        if (single != null) {
            return single.getFileName().toString();
        }
        var languages = kinds().get(kind);
        if (!languages.contains(lang) && !languages.contains("en")) {
            throw new UsageError("--lang " + lang + ": kind " + kind + " has only: " + String.join(", ", languages));
        }
        if (!languages.contains(lang)) {
            log.warn("--lang " + lang + ": no templates for it, the prompt is in English; there are: " + String.join(", ", languages));
        }
        return kind + "_" + (languages.contains(lang) ? lang : "en") + ".ftl";
    }

    Configuration engine() throws IOException {
        if (single == null && folder == null) {
            return OUR_ENGINE;
        }
        var places = new ArrayList<TemplateLoader>();
        if (single != null) {
            places.add(new FileTemplateLoader(single.toAbsolutePath().getParent().toFile()));
        }
        if (folder != null) {
            places.add(new FileTemplateLoader(folder.toFile()));
        }
        places.add(OURS);
        return TemplateEngine.of(new MultiTemplateLoader(places.toArray(TemplateLoader[]::new)));
    }
}
