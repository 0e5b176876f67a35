package prompt_run.view;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Texts;

/** The objects around deploy/codex at one moment. */
public record DeployView(String name, String namespace, String namespacePhase,
    Deployment deployment, List<ReplicaSet> replicaSets, List<Pod> pods, boolean accountMissing) {
    private static final Set<String> IMAGE =
        Set.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError");
    private static final Set<String> STUCK =
        Set.of("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff", "PreCreateHookError",
        "StartError");

    public static Prospect judge(DeployView view, Instant now) {
        var deploy = "deploy/" + view.name;
        if ("NotFound".equals(view.namespacePhase)) {
            return Prospect.never("namespace " + view.namespace + " does not exist");
        }
        if ("Terminating".equals(view.namespacePhase)) {
            return Prospect.never("namespace " + view.namespace + " is being deleted");
        }
        if (view.deployment == null) {
            return Prospect.blocked(deploy + " does not exist in " + view.namespace);
        }
        if (view.deployment.getMetadata().getDeletionTimestamp() != null) {
            return Prospect.blocked(deploy + " is being deleted");
        }
        if (Integer.valueOf(0).equals(view.deployment.getSpec().getReplicas())) {
            return Prospect.blocked(deploy + " is scaled to 0");
        }
        var observed = view.deployment.getStatus() == null ? null : view.deployment.getStatus().getObservedGeneration();
        if (observed == null || observed < view.deployment.getMetadata().getGeneration() || view.replicaSets.isEmpty()) {
            return Prospect.pending(deploy + ": its newest generation is not observed yet");
        }
        return judgePods(view, now);
    }

    private static Prospect judgePods(DeployView view, Instant now) {
        var newest = view.newestFirst().get(0);
        var all = view.pods.stream().filter(pod -> owned(pod, newest) && pod.getMetadata().getDeletionTimestamp() == null)
            .sorted(Comparator.comparing((Pod pod) -> String.valueOf(pod.getMetadata().getCreationTimestamp())).reversed()).toList();
        var alive = all.stream().filter(pod -> !failed(pod)).toList();
        var pods = alive.isEmpty() ? all : alive; // one that was evicted stays beside its successor
        for (var pod : pods) {
            if (ready(pod) && !Crash.unsettled(pod, now)) {
                return Prospect.ready(pod);
            }
        }
        var failure = view.deployment.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals("ReplicaFailure") && c.getStatus().equals("True"))
            .map(c -> c.getReason() + ": " + c.getMessage()).findFirst().orElse(null);
        if (pods.isEmpty()) {
            return failure != null ? Prospect.blocked(Texts.oneLine(failure)) : Prospect.pending("deploy/" + view.name + " has no pod yet");
        }
        return pods.stream().map(DeployView::judgePod).filter(p -> p.blocked() != null).findFirst()
            .orElseGet(() -> judgePod(pods.get(0)));
    }

    private static boolean failed(Pod pod) {
        return pod.getStatus() != null && "Failed".equals(pod.getStatus().getPhase());
    }

    public static boolean ready(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null && pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase())
            && pod.getStatus().getConditions().stream().anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
    }

    public static Prospect judgePod(Pod pod) {
        var name = "pod/" + pod.getMetadata().getName();
        if (pod.getStatus() == null) {
            return Prospect.pending(name + " has no status yet");
        }
        if (failed(pod)) {
            var why = name + " failed" + failure(pod);
            return "Never".equals(pod.getSpec().getRestartPolicy()) ? Prospect.never(why) : Prospect.blocked(why);
        }
        for (var condition : pod.getStatus().getConditions()) {
            if (condition.getType().equals("PodScheduled") && condition.getStatus().equals("False")) {
                return Prospect.blocked(name + " cannot be scheduled: " + Texts.oneLine(condition.getMessage()));
            }
        }
        var all = new ArrayList<ContainerStatus>(pod.getStatus().getInitContainerStatuses());
        all.addAll(pod.getStatus().getContainerStatuses());
        for (var status : all) {
            var reason = waits(status);
            if (IMAGE.contains(reason) || STUCK.contains(reason)) {
                var crash = Crash.of(status);
                return new Prospect(null, name + ": container " + status.getName() + ": " + reason + " (image " + status.getImage() + ")"
                    + (crash.end() == null ? "" : crash.often() + ", last: " + Crash.told(crash.end())),
                    false, IMAGE.contains(reason), null,
                    false);
            }
        }
        var crash = Crash.of(pod);
        return crash != null ? crashed(name, crash) : Prospect.pending(name + " is not ready" + all.stream()
            .filter(status -> !waits(status).isEmpty()).map(status -> ": container " + status.getName() + ": " + waits(status))
            .findFirst().orElse(""));
    }

    private static String waits(ContainerStatus status) {
        var waiting = status.getState() == null ? null : status.getState().getWaiting();
        return waiting == null || waiting.getReason() == null ? "" : waiting.getReason();
    }

    /** A kubelet may show a container that crashes again and again as ended, and not as waiting, for minutes. */
    private static Prospect crashed(String name, Crash crash) {
        var told = ": container " + crash.container() + ": " + crash.told();
        return !crash.over() ? Prospect.again(name + " runs again after a crash" + told)
            : crash.restarts() == 0 && !STUCK.contains(crash.end().getReason()) ? Prospect.pending(name + " is not ready" + told)
            : Prospect.blocked(name + told);
    }

    /** A failed pod has a reason of its own only when it was evicted, or ran out of time; else its containers know. */
    private static String failure(Pod pod) {
        var own = Stream.of(pod.getStatus().getReason(), pod.getStatus().getMessage()).filter(text -> text != null && !text.isBlank())
            .map(Texts::oneLine).collect(Collectors.joining(": "));
        var crash = Crash.of(pod);
        return !own.isEmpty() ? ": " + own : crash == null ? ", and says no reason"
            : ": container " + crash.container() + ": " + Crash.told(crash.end());
    }

    /** The container to exec in: the one asked for, the default of kubectl, the one named like the Deployment, else the first. */
    public static String container(Pod pod, String deployment, String asked) throws NoPlace {
        var names = pod.getSpec().getContainers().stream().map(Container::getName).toList();
        var annotations = pod.getMetadata().getAnnotations();
        var usual = annotations == null ? null : annotations.get("kubectl.kubernetes.io/default-container");
        if (asked != null && !names.contains(asked)) {
            throw new NoPlace("pod/" + pod.getMetadata().getName() + " has no container "
                + asked + "; it has: " + String.join(", ", names));
        }
        return asked != null ? asked : names.contains(usual) ? usual : names.contains(deployment) ? deployment : names.get(0);
    }

    /** Images for a pod of our own: the one of deploy/codex, and those of its earlier revisions. */
    public List<String> images() {
        var images = new ArrayList<String>();
        if (deployment != null) {
            images.add(agent(deployment.getSpec().getTemplate(), name).getImage());
            newestFirst().forEach(set -> images.add(agent(set.getSpec().getTemplate(), name).getImage()));
        }
        return images.stream().distinct().toList();
    }

    static Container agent(PodTemplateSpec template, String name) {
        var all = template.getSpec().getContainers();
        return all.stream().filter(c -> c.getName().equals(name)).findFirst().orElse(all.get(0));
    }

    public String account() {
        return deployment == null ? "default" : account(deployment);
    }

    public static String account(Deployment deployment) {
        var account = deployment.getSpec().getTemplate().getSpec().getServiceAccountName();
        return account == null || account.isBlank() ? "default" : account;
    }

    public static boolean owned(HasMetadata object, HasMetadata owner) {
        return object.getMetadata().getOwnerReferences().stream().anyMatch(ref -> owner.getMetadata().getUid().equals(ref.getUid()));
    }

    /** Revision numbers grow with every rollout; a rollback gives its old ReplicaSet the newest number. */
    private List<ReplicaSet> newestFirst() {
        return replicaSets.stream().sorted(Comparator.comparingLong(DeployView::revision).reversed()).toList();
    }

    private static long revision(ReplicaSet set) {
        var revision = set.getMetadata().getAnnotations() == null ? null
            : set.getMetadata().getAnnotations().get("deployment.kubernetes.io/revision");
        return revision == null || !revision.matches("\\d{1,18}") ? 0 : Long.parseLong(revision);
    }
}
