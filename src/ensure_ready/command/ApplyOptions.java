package ensure_ready.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What to apply, and how. */
public final class ApplyOptions {
    @Option(names = {"-f", "--manifests"}, paramLabel = "PATH",
        description = {"file, folder (recursive: *.yaml *.yml *.json), - for stdin; repeatable.",
        "*.ftl is rendered with FreeMarker first; a folder with kustomization.yaml goes through `kubectl kustomize`"})
    public List<String> manifests = new ArrayList<>();
    @Option(names = "--render", paramLabel = "CMD",
        description = {"another renderer, whose stdout is the manifests (codexctl render …, helm template …);",
        "{slot} {namespace} {env} {issue} {pr} are filled in, and are CODEXCTL_… in its environment"})
    public String render;
    @Option(names = "--vars", paramLabel = "K=V", description = "template variables, repeatable [CODEXCTL_VARS]")
    public List<String> vars = new ArrayList<>();
    @Option(names = "--var-file", paramLabel = "FILE", description = "template variables from YAML or KEY=VALUE lines [CODEXCTL_VAR_FILE]")
    public Path varFile;
    @Option(names = "--apply", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "apply when the slot was created or recreated [CODEXCTL_APPLY]")
    public boolean apply;
    @Option(names = "--force-apply", arity = "0..1", fallbackValue = "true",
        paramLabel = "true|false", description = "apply to a living slot too [CODEXCTL_FORCE_APPLY]")
    public boolean force;
    @Option(names = "--recreate-immutable", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "delete and create again what cannot be updated in place (never PVC, PV, Namespace, CRD)")
    public boolean recreate;
    @Option(names = "--prepare-images", paramLabel = "CMD",
        description = "command to run before an apply (mirror, build) [CODEXCTL_PREPARE_IMAGES]")
    public String prepareImages;
    @Option(names = "--source", paramLabel = "DIR",
        description = "mirror these sources to BASE/<slot>/src before the apply; needs --code-root-base")
    public Path source;
    @Option(names = "--code-root-base", paramLabel = "BASE", description = "folder that holds the slots' sources")
    public Path codeRootBase;
}
