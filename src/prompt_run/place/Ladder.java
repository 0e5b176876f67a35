package prompt_run.place;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import prompt_run.view.NoPlace;

/** deploy/codex, else a pod of our own, else (only if asked) this machine, else nowhere. */
public final class Ladder implements AutoCloseable {
    private final RunSetup run;
    private final Map<String, String> refused = new LinkedHashMap<>();
    private final List<Site> opened = new ArrayList<>();
    private KubernetesClient client;
    private DeployPlace deploy;

    public Ladder(RunSetup run) {
        this.run = run;
    }

    /** The first place that holds, or null; {@link #reasons} tells why the others did not. */
    public Site climb() throws InterruptedException {
        return climb(this::rung);
    }

    interface Rung {
        Site open(String name) throws NoPlace, InterruptedException;
    }

    Site climb(Rung rungs) throws InterruptedException {
        for (var rung : List.of("deploy", "pod", "runner")) {
            if (run.settings().allows(rung)) {
                try {
                    var site = rungs.open(rung);
                    opened.add(site);
                    return site;
                } catch (NoPlace problem) {
                    refused.put(name(rung), problem.getMessage());
                    run.log().warn(name(rung) + ": the agent cannot run there: " + problem.getMessage());
                    if (problem.last()) {
                        return null;
                    }
                }
            }
        }
        return null;
    }

    private Site rung(String rung) throws NoPlace, InterruptedException {
        return switch (rung) {
            case "deploy" -> deploy().await();
            case "pod" -> ownPod();
            default -> runner();
        };
    }

    /** For a dry run: deploy/codex if it is there now, and nothing created. */
    public Site look() throws InterruptedException {
        if (!run.settings().allows("deploy")) {
            return null;
        }
        try {
            return deploy().look();
        } catch (NoPlace problem) {
            refused.put(name("deploy"), problem.getMessage());
        } catch (KubernetesClientException problem) {
            refused.put(name("deploy"), Kube.reason(problem));
        }
        return null;
    }

    /** Where a dry run would go on, after deploy/codex. */
    public String wouldTry() {
        return Stream.of("pod", "runner").filter(run.settings()::allows).findFirst().orElse("none");
    }

    private String name(String rung) {
        return rung.equals("deploy") ? "deploy/" + run.settings().deployment() : rung.equals("pod") ? "own pod" : "this machine";
    }

    /** Why the places before the chosen one were refused; null when the first one held. */
    public String reasons() {
        return refused.isEmpty() ? null : refused.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue())
            .collect(Collectors.joining("; "));
    }

    public Map<String, String> permissions() {
        return run.namespace() == null ? Map.of() : new Rights(client(), run.namespace()).asked(run.settings().allows("pod"));
    }

    private KubernetesClient client() {
        client = client == null ? Kube.client(run.settings().kubeconfig(), run.settings().context()) : client;
        return client;
    }

    private DeployPlace deploy() {
        deploy = deploy == null ? new DeployPlace(client(), run) : deploy;
        return deploy;
    }

    private Site ownPod() throws NoPlace, InterruptedException {
        if (run.namespace() == null) {
            throw new NoPlace("no namespace is known");
        }
        try {
            return new OwnPod(client(), run).open(deploy().view(), deploy().imageFault());
        } catch (KubernetesClientException problem) {
            Kube.interruptedBy(problem);
            throw new NoPlace(Kube.reason(problem));
        }
    }

    private Site runner() throws NoPlace {
        var site = Site.here(run);
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
