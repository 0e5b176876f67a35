package prompt_run.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What the prompt is made of. */
public class PromptOptions {
    @Option(names = "--kind", paramLabel = "KIND",
        description = "dev_issue, plan_issue, repair_issue, dev_review, plan_review, repair_review, repair_plan (CODEXCTL_KIND)")
    public String kind;
    @Option(names = "--list-kinds", description = "print the kinds with their languages and exit")
    public boolean listKinds;
    @Option(names = "--lang", paramLabel = "LANG",
        description = "language of the prompt: en or ru; default en, also for a language without templates (CODEXCTL_LANG)")
    public String lang;
    @Option(names = "--templates", paramLabel = "DIR", description = "folder with templates that add to or override the built-in ones")
    public Path templates;
    @Option(names = "--template", paramLabel = "FILE", description = "render this template instead of the kind's own")
    public Path template;
    @Option(names = "--vars", paramLabel = "K=V,...", description = "template variables, repeatable (CODEXCTL_VARS)")
    public List<String> vars = new ArrayList<>();
    @Option(names = "--var-file", paramLabel = "FILE",
        description = "template variables as YAML or KEY=VALUE lines, repeatable (CODEXCTL_VAR_FILE)")
    public List<Path> varFiles = new ArrayList<>();
    @Option(names = "--print", description = "print the prompt and stop")
    public boolean print;
    @Option(names = "--dry-run", description = "print the prompt, where the agent would run, its command and permissions; start nothing")
    public boolean dryRun;
}
