package prompt_run.place;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import prompt_run.view.Crash;
import prompt_run.view.NoPlace;
import prompt_run.view.Pin;
import shared.Texts;

/** Looks around in a pod; where that fails, its containers say why, and the last line that one of them wrote. */
public record PodProbe(KubernetesClient client, RunSetup run) {
    private static final int LINES = 20;
    private static final int CHARS = 300;

    Site probe(String target, String label, Pod pod, String container, Runnable cleanup) throws NoPlace, InterruptedException {
        try {
            return Site.probe(target, label, new PodShell(client, Pin.of(pod, container)), run, cleanup);
        } catch (NoPlace problem) {
            throw problem.last() ? problem : new NoPlace(problem.getMessage() + crash(pod.getMetadata().getName()));
        }
    }

    /** A pod that crashes again and again is ready in between: what an exec says of that is a bare HTTP status. */
    private String crash(String name) {
        var pod = Kube.tried(() -> client.pods().inNamespace(run.namespace()).withName(name).get());
        var crash = pod == null ? null : Crash.of(pod);
        return crash == null ? "" : "; container " + crash.container() + ": " + crash.told() + lastLine(pod);
    }

    /** After a semicolon; nothing where no container crashed, or its log cannot be read. */
    String lastLine(Pod pod) {
        var crash = Crash.of(pod);
        if (crash == null) {
            return "";
        }
        var container = client.pods().inNamespace(run.namespace()).withName(pod.getMetadata().getName()).inContainer(crash.container());
        var log = Kube.tried(() -> (crash.over() ? container : container.terminated()).tailingLines(LINES).getLog());
        var last = log == null ? "" : log.lines().filter(line -> !line.isBlank()).reduce("", (earlier, line) -> line);
        return last.isEmpty() ? "" : "; its log ends with: " + Texts.cut(Texts.line(last), CHARS);
    }
}
