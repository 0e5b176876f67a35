package prompt_run.place;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import prompt_run.command.Console;

/** deploy/codex, else a pod of our own, else (only if asked) this machine, else nowhere. */
public final class Ladder implements AutoCloseable {
    private final AgentSettings settings;
    private final String namespace;
    private final String runId;
    private final Patience patience;
    private final Console console;
    private final List<String> notes;
    private final Map<String, String> refused = new LinkedHashMap<>();
    private final List<Site> opened = new ArrayList<>();
    private KubernetesClient client;
    private DeployView seen;
    private boolean imageFault;
    private final long began = System.nanoTime();

    public Ladder(AgentSettings settings, String namespace, String runId, Patience patience, Console console, List<String> notes) {
        this.settings = settings;
        this.namespace = namespace;
        this.runId = runId;
        this.patience = patience;
        this.console = console;
        this.notes = notes;
    }

    /** The first place that holds, or null; {@link #reasons} tells why the others did not. */
    public Site climb() throws InterruptedException {
        for (String rung : List.of("deploy", "pod", "runner")) {
            if (settings.allows(rung)) {
                try {
                    return rung(rung);
                } catch (NoPlace problem) {
                    refused.put(name(rung), problem.getMessage());
                    console.warn(name(rung) + ": the agent cannot run there: " + problem.getMessage());
                }
            }
        }
        return null;
    }

    private Site rung(String rung) throws NoPlace, InterruptedException {
        Site site = switch (rung) {
            case "deploy" -> deploy();
            case "pod" -> ownPod();
            default -> runner();
        };
        opened.add(site);
        return site;
    }

    /** For a dry run: deploy/codex if it is there now, and nothing created. */
    public Site look() throws InterruptedException {
        if (!settings.allows("deploy")) {
            return null;
        }
        try {
            Prospect prospect = DeployView.judge(view());
            if (prospect.pod() == null) {
                throw new NoPlace(prospect.blocked() != null ? prospect.blocked() : prospect.pending());
            }
            return probe(prospect.pod());
        } catch (NoPlace problem) {
            refused.put(name("deploy"), problem.getMessage());
            return null;
        } catch (KubernetesClientException problem) {
            refused.put(name("deploy"), Kube.reason(problem));
            return null;
        }
    }

    /** Where a dry run would go on, after deploy/codex. */
    public String wouldTry() {
        return Stream.of("pod", "runner").filter(settings::allows).findFirst().orElse("none");
    }

    private String name(String rung) {
        return rung.equals("deploy") ? "deploy/" + settings.deployment() : rung.equals("pod") ? "own pod" : "this machine";
    }

    /** Why the places before the chosen one were refused; null when the first one held. */
    public String reasons() {
        return refused.isEmpty() ? null : refused.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue())
            .collect(Collectors.joining("; "));
    }

    public Map<String, String> permissions() {
        return new Rights(client(), namespace).asked(settings);
    }

    private KubernetesClient client() {
        client = client == null ? Kube.client(settings.kubeconfig(), settings.context()) : client;
        return client;
    }

    /** Waits for a ready pod of deploy/codex, and no longer than it can still come. */
    private Site deploy() throws NoPlace, InterruptedException {
        long until = System.nanoTime() + settings.waitFor().toNanos();
        String blocked = null;
        long since = 0;
        String last = "";
        while (true) {
            Prospect prospect = prospect();
            if (prospect.pod() != null) {
                return probe(prospect.pod());
            }
            String now = prospect.blocked() != null ? prospect.blocked() : prospect.pending();
            if (!now.equals(last)) {
                console.info("waiting for deploy/" + settings.deployment() + ": " + now);
            }
            last = now;
            since = prospect.blocked() == null || blocked == null ? System.nanoTime() : since;
            blocked = prospect.blocked();
            imageFault = prospect.imageFault();
            boolean certain = blocked != null && (prospect.atOnce() || System.nanoTime() - since >= patience.certain().toNanos());
            if (certain || System.nanoTime() > until) {
                throw new NoPlace(last + (certain ? "" : " (waited " + settings.waitFor().toSeconds() + " s)") + advice());
            }
            Thread.sleep(Math.min(patience.poll().toMillis(), 1000));
        }
    }

    private Prospect prospect() throws NoPlace, InterruptedException {
        try {
            return DeployView.judge(view());
        } catch (KubernetesClientException problem) {
            if (Thread.interrupted() || problem.getCause() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            boolean neverSeen = seen == null && System.nanoTime() - began > patience.unreachable().toNanos();
            if (problem.getCode() == 403 || problem.getCode() == 401 || Kube.nowhere(problem) || neverSeen) {
                throw new NoPlace(reason(problem));
            }
            return Prospect.pending(reason(problem));
        }
    }

    private String reason(KubernetesClientException problem) {
        return Kube.reason(problem).replace("the API server (", "the API server " + client().getMasterUrl() + " (");
    }

    private DeployView view() throws NoPlace {
        if (namespace == null) {
            throw new NoPlace("no namespace is known: give --namespace, --infra-report or CODEXCTL_NAMESPACE");
        }
        seen = DeployView.read(client(), namespace, settings.deployment());
        return seen;
    }

    /** The manifest that is missing, when that is why deploy/codex has no pod. */
    private String advice() {
        if (seen == null || seen.deployment() == null || !seen.accountMissing()) {
            return "";
        }
        notes.add("serviceaccount/" + seen.account() + ", which deploy/" + settings.deployment() + " runs as, is missing in " + namespace
            + "; this manifest brings it, with the Role that an agent needs:\n" + Rbac.manifest(namespace, seen.account()));
        return "; serviceaccount/" + seen.account() + " does not exist: apply the manifest in the notes";
    }

    private Site probe(Pod pod) throws NoPlace, InterruptedException {
        String container = DeployView.container(pod, settings.deployment(), settings.container());
        Site site = Site.probe("deploy", "deploy/" + settings.deployment() + " (pod/" + pod.getMetadata()
            .getName() + ", container " + container + ")",
            new PodShell(client(), Pin.of(pod, container)), settings, runId, patience, () -> { });
        if (Boolean.FALSE.equals(Rbac.bound(client(), namespace, seen.account()))) {
            notes.add(withoutRole());
        }
        return site;
    }

    /**
     * Rights for the account {@code default} would be rights for every pod of the namespace: then deploy/codex gets an account of its own.
     */
    private String withoutRole() {
        boolean shared = seen.account().equals("default");
        String account = shared ? settings.deployment() : seen.account();
        return "serviceaccount/" + seen.account() + ", which deploy/" + settings.deployment() + " runs as, has no Role in " + namespace
            + ": the agent cannot look at the environment; this manifest grants what it needs"
            + (shared ? " to an account of its own (serviceAccountName: " + account + ")" : "") + ":\n" + Rbac.manifest(namespace, account);
    }

    private Site ownPod() throws NoPlace, InterruptedException {
        if (namespace == null) {
            throw new NoPlace("no namespace is known");
        }
        try {
            DeployView view = seen == null ? view() : seen;
            return new OwnPod(client(), settings, namespace, runId, patience, console, notes).open(view, imageFault);
        } catch (KubernetesClientException problem) {
            if (Thread.interrupted() || problem.getCause() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            throw new NoPlace(Kube.reason(problem));
        }
    }

    private Site runner() throws NoPlace {
        Site site = Site.here(settings, runId);
        if (site.facts().containsKey("problem")) {
            site.close();
            throw new NoPlace(site.facts().get("problem"));
        }
        return site;
    }

    @Override
    public void close() {
        opened.forEach(Site::close);
        if (client != null) {
            client.close();
        }
    }
}
