package ensure_ready.readiness;

import ensure_ready.model.Applied;
import ensure_ready.model.Kinds;
import ensure_ready.model.Labels;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Workload;
import java.util.List;
import java.util.Optional;
import shared.Json;
import shared.Texts;

/**
 * Rules of readiness: pure functions from an object and what belongs to it to a {@link Workload}.
 * Each rule is a run of guards from worst to best; what passes them all is ready.
 */
public final class Readiness {
    /** One object; {@code applied} is what the apply answered for it, when it was applied. */
    static Workload judge(Obj o, Optional<Applied> applied, Family family) {
        return gate(o, applied, family).orElseGet(() -> rule(o, family));
    }

    /** What holds for every kind: the object is still the one that was applied, stays, and its controller has seen it. */
    private static Optional<Workload> gate(Obj o, Optional<Applied> applied, Family family) {
        var tally = Tally.of(o, family.snapshot());
        if (o.deleting()) {
            return Optional.of(tally.progressing("is being deleted" + finalizers(o)));
        }
        if (applied.filter(Applied::pending).isPresent()) {
            return Optional.of(tally.progressing(notYet(applied.get())));
        }
        var uid = applied.map(Applied::uid).orElse("");
        if (!uid.isEmpty() && !uid.equals(o.uid())) {
            return Optional.of(tally.progressing("was deleted and made again by somebody else after it was applied"));
        }
        long wanted = Math.max(o.generation(), applied.map(Applied::generation).orElse(0L));
        boolean observes = o.has("/status/observedGeneration")
            || o.builtIn() && Kinds.TEMPLATED.contains(o.kind()) && !o.kind().equals("Job");
        if (o.generation() < wanted || observes && o.number("/status/observedGeneration", 0) < wanted) {
            return Optional.of(tally.progressing("its controller has not seen generation " + wanted + " yet"));
        }
        if (Obj.isTrue(o.condition("Stalled"))) {
            return Optional.of(tally.failed(Phrases.said(o.condition("Stalled"))));
        }
        return Obj.isTrue(o.condition("Reconciling")) ? Optional.of(tally.progressing(Phrases.said(o.condition("Reconciling"))))
            : Optional.empty();
    }

    static String notYet(Applied a) {
        return "not applied yet" + Phrases.prefixed(": ", a.error());
    }

    static Workload rule(Obj o, Family family) {
        var tally = Tally.of(o, family.snapshot());
        if (!o.builtIn()) {
            return CustomReadiness.judge(o, family, tally, () -> family.workloadsOf(o)
                .stream().map(child -> judge(child, Optional.empty(), family)).toList());
        }
        return switch (o.kind()) {
            case "Deployment" -> deployment(o, family, tally);
            case "StatefulSet" -> statefulSet(o, family, tally);
            case "DaemonSet" -> daemonSet(o, family, tally);
            case "ReplicaSet", "ReplicationController" -> replicaSet(o, family, tally);
            case "Pod" -> pod(o, tally);
            case "Job" -> job(o, family, tally);
            case "PersistentVolumeClaim" -> claim(o, family, tally);
            case "PersistentVolume" -> volume(o, tally);
            case "Service" -> service(o, family, tally);
            case "CustomResourceDefinition" -> definition(o, tally);
            case "APIService" -> Obj.isTrue(o.condition("Available")) ? tally
                .ready("") : tally.progressing(Phrases.said(o.condition("Available")));
            case "Namespace" -> o.text("/status/phase")
                .equals("Active") ? tally.ready("") : tally.progressing("is " + o.text("/status/phase"));
            case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" -> webhooks(o, family, tally);
            case "CronJob" -> tally.ready(o.is("/spec/suspend") ? "suspended: no new jobs" : "");
            default -> tally.ready("");
        };
    }

    /** {@code kubectl rollout status} and more: Available alone stays True behind a broken rollout, because the old pods serve. */
    private static Workload deployment(Obj o, Family family, Tally tally) {
        var lack = lack(o, tally);
        if (o.is("/spec/paused")) {
            return lack.isEmpty() ? tally.ready("paused; its template is rolled out") : tally.suspended("paused: " + lack);
        }
        var progress = o.condition("Progressing");
        if (Json.text(progress, "reason").equals("ProgressDeadlineExceeded")) {
            return tally.failed(withTrouble("no progress within its deadline: " + lack, o, family));
        }
        if (!lack.isEmpty()) {
            return tally.progressing(withTrouble(lack, o, family));
        }
        boolean deadline = o.has("/spec/progressDeadlineSeconds") && o.number("/spec/progressDeadlineSeconds", 0) < Integer.MAX_VALUE;
        if (deadline && tally.desired() > 0 && !Json.text(progress, "reason").equals("NewReplicaSetAvailable")) {
            return tally.progressing("the rollout is not complete yet");
        }
        long ending = o.number("/status/terminatingReplicas", 0);
        return !Obj.isTrue(o.condition("Available")) ? tally.progressing(Phrases.said(o.condition("Available")))
            : tally.ready(ending > 0 ? Texts.count(ending, "old pod") + " still ending" : "");
    }

    /** The first count of a rollout that falls short; empty when none does. */
    private static String lack(Obj o, Tally tally) {
        long desired = tally.desired();
        long updated = o.number("/status/updatedReplicas", 0);
        long all = o.number("/status/replicas", 0);
        if (updated < desired) {
            long ending = o.number("/status/terminatingReplicas", 0);
            return updated + " of " + desired + " updated"
                + (ending > 0 ? "; " + Texts.count(ending, "old pod") + " still ending" : "");
        }
        if (all > updated) {
            return (tally.ready() < desired ? tally.ready() + " of " + desired + " ready, " : "") + Texts.count(all - updated, "old pod")
                + " still there";
        }
        if (all > desired) {
            return surplus(all - desired);
        }
        return shortOf(o, desired);
    }

    private static String shortOf(Obj o, long desired) {
        long ready = o.number("/status/readyReplicas", 0);
        long available = o.number("/status/availableReplicas", 0);
        if (ready < desired) {
            return ready + " of " + desired + " ready";
        }
        return available < desired ? available + " of " + desired + " available: ready for less than minReadySeconds" : "";
    }

    private static Workload statefulSet(Obj o, Family family, Tally tally) {
        long desired = tally.desired();
        long all = o.number("/status/replicas", 0);
        long updated = o.number("/status/updatedReplicas", 0);
        boolean onDelete = o.text("/spec/updateStrategy/type").equals("OnDelete");
        long due = Math.max(0, desired - o.number("/spec/updateStrategy/rollingUpdate/partition", 0));
        if (all < desired) {
            return tally.progressing(withTrouble(all + " of " + desired + " created", o, family));
        }
        if (all > desired) {
            return tally.progressing(surplus(all - desired));
        }
        if (!onDelete && updated < due) {
            return tally.progressing(withTrouble(updated + " of " + due + " updated", o, family));
        }
        var lack = shortOf(o, desired);
        if (!lack.isEmpty()) {
            return tally.progressing(withTrouble(lack, o, family));
        }
        if (onDelete) {
            return tally.ready(updated < desired ? old(desired - updated) : "");
        }
        boolean whole = due == desired;
        return whole && !o.text("/status/currentRevision").equals(o.text("/status/updateRevision"))
            ? tally.progressing("the update is not complete yet")
            : tally.ready(whole ? "" : "partitioned: " + updated + " of " + desired + " updated");
    }

    private static Workload daemonSet(Obj o, Family family, Tally tally) {
        long desired = tally.desired();
        long updated = o.number("/status/updatedNumberScheduled", 0);
        long available = o.number("/status/numberAvailable", 0);
        boolean onDelete = o.text("/spec/updateStrategy/type").equals("OnDelete");
        if (desired == 0) {
            return tally.ready("matches no node");
        }
        if (!onDelete && updated < desired) {
            return tally.progressing(withTrouble(updated + " of " + desired + " updated", o, family));
        }
        if (available < desired) {
            return tally.progressing(withTrouble(available + " of " + desired + " available", o, family));
        }
        long misplaced = o.number("/status/numberMisscheduled", 0);
        if (onDelete && updated < desired) {
            return tally.ready(old(desired - updated));
        }
        return tally.ready(misplaced > 0 ? Texts.count(misplaced, "pod") + " on nodes that should not run it" : "");
    }

    private static String old(long pods) {
        return Texts.count(pods, "pod") + " on an old revision until deleted (OnDelete)";
    }

    private static String surplus(long pods) {
        return Texts.count(pods, "surplus pod") + " still there";
    }

    private static Workload replicaSet(Obj o, Family family, Tally tally) {
        long all = o.number("/status/replicas", 0);
        if (all > tally.desired()) {
            return tally.progressing(surplus(all - tally.desired()));
        }
        var lack = all < tally.desired() ? all + " of " + tally.desired() + " created" : shortOf(o, tally.desired());
        return lack.isEmpty() ? tally.ready("") : tally.progressing(withTrouble(lack, o, family));
    }

    private static Workload pod(Obj o, Tally tally) {
        var phase = o.text("/status/phase");
        boolean ends = !Pods.endless(o) && o.annotation(Labels.SERVER).isEmpty();
        if (phase.equals("Failed")) {
            return Obj.isTrue(o.condition("AllContainersRestarting")) ? tally.progressing("all its containers start again")
                : tally.failed(PodDescription.of(o));
        }
        if (phase.equals("Succeeded")) {
            return ends ? tally.ready("succeeded") : tally.progressing("ended, though it should run");
        }
        if (ends) {
            return tally.progressing(phase.equals("Running") ? "runs to its end" : PodDescription.of(o));
        }
        return Obj.isTrue(o.condition("Ready")) ? tally.ready("") : tally.progressing(PodDescription.of(o));
    }

    /** Conditions by their status, never by their type alone: a resumed Job keeps {@code Suspended=False}. */
    private static Workload job(Obj o, Family family, Tally tally) {
        for (var type : List.of("Failed", "FailureTarget")) {
            if (Obj.isTrue(o.condition(type))) {
                return tally.failed(Phrases.said(o.condition(type)));
            }
        }
        if (Obj.isTrue(o.condition("Complete")) || Obj.isTrue(o.condition("SuccessCriteriaMet"))) {
            return tally.ready("complete");
        }
        if (o.is("/spec/suspend")) {
            var held = CustomStatus.holding(o, family.snapshot());
            return held.isPresent() ? tally.progressing("waits in its queue: " + held.get().message()) : tally.suspended("suspended");
        }
        return tally.progressing(withTrouble(tally.ready() + " of " + tally.desired() + " completed", o, family));
    }

    private static Workload claim(Obj o, Family family, Tally tally) {
        var phase = o.text("/status/phase");
        if (phase.equals("Lost")) {
            return tally.failed("its volume is lost");
        }
        if (phase.equals("Bound")) {
            return tally.ready("");
        }
        if (family.bindsOnFirstConsumer(o)) {
            return family.consumed(o) ? tally.progressing("binds when its pod is scheduled")
                : tally.ready("binds to its first consumer; nothing uses it");
        }
        return tally.progressing("is not bound to a volume");
    }

    private static Workload volume(Obj o, Tally tally) {
        var phase = o.text("/status/phase");
        if (phase.equals("Failed")) {
            return tally.failed(o.text("/status/message"));
        }
        return phase.equals("Available") || phase.equals("Bound") ? tally.ready("") : tally.progressing("is " + phase);
    }

    /** A Service gates only by its endpoints, and only when a workload that should be running stands behind it. */
    private static Workload service(Obj o, Family family, Tally tally) {
        if (o.text("/spec/type").equals("ExternalName") || !o.has("/spec/selector")) {
            return tally.ready("");
        }
        if (o.text("/spec/clusterIP").isEmpty()) {
            return tally.progressing("has no cluster IP yet");
        }
        if (!family.snapshot().knows("EndpointSlice")) {
            return tally.ready("endpoints not readable");
        }
        if (family.backends(o).isEmpty()) {
            return tally.ready("its selector matches no running workload");
        }
        return family.hasReadyEndpoint(o) ? tally.ready(balancer(o)) : tally.progressing("no ready endpoint");
    }

    private static String balancer(Obj o) {
        return o.text("/spec/type").equals("LoadBalancer") && o.list("/status/loadBalancer/ingress").isEmpty()
            ? "no load balancer address yet" : "";
    }

    private static Workload definition(Obj o, Tally tally) {
        if (Obj.isFalse(o.condition("NamesAccepted"))) {
            return tally.failed(Phrases.said(o.condition("NamesAccepted")));
        }
        return Obj.isTrue(o.condition("Established")) ? tally.ready("") : tally.progressing("is not established yet");
    }

    /** A webhook whose Service has no endpoint or that lacks its CA refuses every later apply. */
    private static Workload webhooks(Obj o, Family family, Tally tally) {
        for (var hook : o.list("/webhooks")) {
            var service = hook.at("/clientConfig/service");
            if (hook.at("/clientConfig/caBundle").asString("").isEmpty() && service.isObject()) {
                return tally.progressing("webhook " + Json.text(hook, "name") + " has no caBundle yet");
            }
            var behind = family.snapshot().all("Service").stream().filter(s -> s.name().equals(Json.text(service, "name"))
                && s.namespace().equals(Json.text(service, "namespace"))).findFirst();
            if (behind.isPresent() && family.snapshot().knows("EndpointSlice") && !family.hasReadyEndpoint(behind.get())) {
                return tally.progressing("webhook " + Json.text(hook, "name") + ": " + behind.get()
                    .ref() + " has no ready endpoint");
            }
        }
        return tally.ready("");
    }

    private static String withTrouble(String lack, Obj o, Family family) {
        var trouble = family.trouble(o);
        return trouble.isEmpty() ? lack : lack + "; " + trouble;
    }

    private static String finalizers(Obj o) {
        var names = o.list("/metadata/finalizers").stream().map(n -> n.asString("")).toList();
        return names.isEmpty() ? "" : "; waits for " + String.join(", ", names);
    }
}
