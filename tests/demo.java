///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION From a broken manifest to the agent's prompt, on an API server in this process
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//SOURCES ../ensure_ready.java ../prompt_run.java
//SOURCES cluster/EmbeddedApi.java cluster/EmbeddedStore.java cluster/EmbeddedFaults.java cluster/EmbeddedDefaults.java
//SOURCES cluster/EmbeddedPatches.java cluster/EmbeddedDiscovery.java cluster/EmbeddedSelector.java cluster/Controllers.java cluster/PlayedContainers.java cluster/LocalCluster.java
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Shows the main job in under a minute, with nothing to install and no cluster touched: {@code ./jbangw demo}.
 *
 * <p>The two scripts are the real ones, run as processes; only the cluster is played (see {@link EmbeddedApi} and
 * {@link Controllers}). The stack is tests/fixtures/shop; the tag of its database image does not exist.
 */
@Command(name = "demo", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Brings a small shop up whose database image does not exist, and shows what the agent is told.")
class demo implements Callable<Integer> {
    private static final String MISSING = "registry.example.com/library/postgres:16.99";

    /** UTF-8 also where no locale is set: on JDK 17 System.out would turn every other letter of a prompt into a question mark. */
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    private static final Map<String, String> SHORT =
        Map.of("deployment", "deploy", "statefulset", "sts", "service", "svc", "ingress", "ing", "poddisruptionbudget", "pdb");

    @Option(names = "--healthy", description = "give the database an image that exists: everything comes up")
    boolean healthy;

    @Option(names = "--kind", defaultValue = "dev_issue", description = "kind of the prompt (default: ${DEFAULT-VALUE})")
    String kind;

    @Option(names = "--lang", defaultValue = "en", description = "language of the prompt: en or ru (default: ${DEFAULT-VALUE})")
    String lang;

    @Option(names = "--cluster",
        description = "run it on a real Kubernetes that is started here (takes minutes where it must be built first)")
    boolean cluster;

    private Path folder;

    public static void main(String... args) {
        System.exit(new CommandLine(new demo()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        folder = Files.createTempDirectory("demo-");
        try {
            return cluster ? onRealKubernetes() : onEmbeddedServer();
        } finally {
            remove(folder);
        }
    }

    private int onEmbeddedServer() throws IOException, InterruptedException {
        try (var api = new EmbeddedApi(); var controllers = new Controllers(api).missing(MISSING)) {
            return tell("The API server is " + api.url() + ", in this process; no cluster of yours is touched.",
                api.kubeconfig(folder), shop());
        }
    }

    private int onRealKubernetes() throws IOException, InterruptedException {
        try (var local = LocalCluster.start()) {
            return tell("A real Kubernetes was started on loopback, its nodes played by kwok; no cluster of yours is touched.",
                local.kubeconfig(), livesTold());
        } catch (LocalCluster.Unavailable | org.opentest4j.TestAbortedException e) {
            System.err.println("demo: " + e.getMessage());
            return 1;
        }
    }

    /** kwok's nodes know no registry: what becomes of a pod is told to them by an annotation on its template. */
    private Path livesTold() throws IOException {
        var lives = healthy ? Map.<String, String>of()
            : Map.of("postgres", "image-not-found", "users", "init-waits", "orders", "init-waits");
        var copy = Files.createDirectory(folder.resolve("shop"));
        try (var files = Files.list(shop())) {
            for (var file : files.toList()) {
                var text = Files.readString(file);
                for (var life : lives.entrySet()) {
                    var template = "    metadata:\n      labels: {app.kubernetes.io/name: " + life.getKey() + ",";
                    text = text.replace(template,
                        template.replace("labels", "annotations: {life.test/is: " + life.getValue() + "}\n      labels"));
                }
                Files.writeString(copy.resolve(file.getFileName()), text);
            }
        }
        return copy;
    }

    private int tell(String where, Path kubeconfig, Path stack) throws IOException, InterruptedException {
        title("A slot for issue 42: " + (healthy ? "the whole stack, as it should be" : "the database's image tag does not exist"));
        say(where);
        var report = bringUp(kubeconfig, stack);
        title("What ready.json says");
        show(report);
        title(healthy ? "The agent starts, and this is its prompt" : "The agent starts all the same, and this is its prompt");
        int code = prompt();
        title("What you saw");
        conclude(report);
        return code;
    }

    private JsonNode bringUp(Path kubeconfig, Path stack) throws IOException, InterruptedException {
        var args = new ArrayList<>(List.of("--project", "shop", "--issue", "42",
            "-f", (stack.startsWith(root()) ? root().relativize(stack) : stack).toString(), "--apply", "--wait-soft-fail",
                "--wait-timeout", "45s", "--output", "json", "--report", folder.resolve("ready.json")
                    .toString(), "--kubeconfig", kubeconfig.toString()));
        if (!healthy) {
            args.addAll(List.of("--vars", "postgresVersion=16.99"));
        }
        long start = System.nanoTime();
        var result = run("ensure_ready", args, Map.of());
        say(String.format(Locale.ROOT, "exit code %d after %.1f s", result.code, (System.nanoTime() - start) / 1e9));
        return new ObjectMapper().readTree(result.out);
    }

    private static void show(JsonNode report) {
        for (var field : List.of("slot", "namespace", "created", "applied", "infraReady", "agentReady", "outcome", "summary")) {
            say(String.format("%-11s %s", field, report.path(field).asString("")));
        }
        for (var workload : report.path("workloads")) {
            say(String.format("  %-12s %-20s %s", workload.path("state").asString(""), name(workload), workload.path("message")
                .asString(""))
                .stripTrailing());
        }
        for (var cause : report.path("causes")) {
            say("cause      " + cause.path("code").asString("") + " at " + name(cause.path("object")) + ": " + cause.at("/fix/text")
                .asString(""));
            cause.at("/fix/files")
                .forEach(file -> say("  in         " + file.path("path").asString("") + ":" + file.path("line").asInt(0)));
            var symptoms = new ArrayList<String>();
            cause.path("explains").forEach(symptom -> symptoms.add(symptom.path("object").asString("")));
            say("  explains   " + String.join(", ", symptoms));
        }
    }

    private static String name(JsonNode object) {
        var kind = object.path("kind").asString("").toLowerCase(Locale.ROOT);
        return SHORT.getOrDefault(kind, kind) + "/" + object.path("name").asString("");
    }

    private int prompt() throws IOException, InterruptedException {
        var event = Files.writeString(folder.resolve("event.json"), """
                {"action": "labeled", "label": {"name": "[ai-dev]"}, "repository": {"full_name": "example/shop"},
                 "issue": {"number": 42, "title": "Orders: show the expected delivery date", "state": "open",
                  "body": "A customer sees when an order will arrive.\\n\\n- in the list and on the order's page\\n- in the customer's \
                time zone",
                  "user": {"login": "ada"}, "author_association": "MEMBER", "labels": [{"name": "[ai-dev]"}]},
                 "sender": {"login": "ada"}}
                """);
        var result = run("prompt_run",
            List.of("--kind", kind, "--lang", lang, "--infra-report", folder.resolve("ready.json").toString(), "--print"),
                Map.of("GITHUB_EVENT_PATH", event.toString()));
        OUT.println(result.out.stripTrailing());
        return result.code;
    }

    private void conclude(JsonNode report) {
        if (report.path("infraReady").asBoolean(false)) {
            say("The environment came up, so the prompt carries no word about infrastructure. Try `./jbangw demo` without --healthy.");
        } else {
            say("The environment did not come up, the job went on, and the agent was told why and what to do first.");
            say("Next: `./jbangw demo --healthy`, `./jbangw demo --kind repair_issue --lang ru`, `./jbangw test`, README.md.");
        }
    }

    /** A script as its own process: its progress goes to our stderr as it comes, its result is caught. */
    private Result run(String script, List<String> args, Map<String, String> env) throws IOException, InterruptedException {
        say("$ jbang " + script + ".java " + String.join(" ", args).replace(folder + "/", ""));
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), script));
        command.addAll(args);
        var builder = new ProcessBuilder(command).directory(root().toFile()).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().keySet().removeIf(name -> name.matches("(CODEXCTL|GITHUB|INFRA)_.*"));
        builder.environment().putAll(env);
        var process = builder.start();
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), out);
    }

    private record Result(int code, String out) { }

    private static Path shop() {
        return root().resolve("tests/fixtures/shop");
    }

    private static Path root() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("tests/fixtures/shop"))) {
                return at;
            }
        }
        throw new IllegalStateException("start the demo inside the checkout");
    }

    private static void title(String text) {
        OUT.println("\n== " + text + " " + "=".repeat(Math.max(0, 96 - text.length())));
    }

    private static void say(String text) {
        OUT.println("   " + text);
    }

    private static void remove(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
