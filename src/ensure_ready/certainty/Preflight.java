package ensure_ready.certainty;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.model.Applied;
import ensure_ready.model.Evidence;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import shared.Kubectl;
import tools.jackson.databind.JsonNode;

/** References of pod templates and claims that neither the cluster nor the set can meet, before any kubelet says so. Pure. */
public final class Preflight {
    /** Kinds whose names must be known before {@link #missing} can tell anything. */
    public static Set<String> kinds(Snapshot snapshot) {
        var kinds = new TreeSet<String>();
        templates(snapshot).forEach(t -> {
            References.of(t.spec()).stream().filter(r -> !r.optional()).forEach(r -> kinds.add(r.kind()));
            if (!References.account(t.spec()).equals("default")) {
                kinds.add("ServiceAccount");
            }
        });
        if (!classes(snapshot).isEmpty()) {
            kinds.add("StorageClass");
        }
        return kinds;
    }

    public static List<Finding> missing(Snapshot snapshot) {
        var found = new ArrayList<Finding>();
        for (var t : templates(snapshot)) {
            References.of(t.spec()).stream().filter(r -> !r.optional() && !r.pull() && absent(r.kind(), r.name(), snapshot))
                .forEach(r -> found.add(finding(Code.missing(r.kind()), r.kind(), r.name(), t, snapshot)));
            var account = References.account(t.spec());
            if (!account.equals("default") && absent("ServiceAccount", account, snapshot)) {
                found.add(finding(Code.SERVICE_ACCOUNT_MISSING, "ServiceAccount", account, t, snapshot));
            }
        }
        return found;
    }

    private static Finding finding(Code code, String kind, String name, Template t, Snapshot snapshot) {
        var evidence = new Evidence("spec", t.owner().ref() + "/spec.template.spec", "",
            "names " + Kubectl.ref(kind, name) + ", which neither the namespace nor the manifests have", 1, "", "");
        return Finding.of(code, new Ref(kind, name), Ref.of(t.owner()), snapshot.at(), List.of(evidence));
    }

    private static boolean absent(String kind, String name, Snapshot snapshot) {
        return !name.isEmpty() && snapshot.knows(kind) && snapshot.find(kind, name).isEmpty()
            && snapshot.applied().stream().noneMatch(a -> a.object().kind().equals(kind) && snapshot.own(a.object())
            && a.object().name().equals(name) && a.result() != Result.failed
            && a.result() != Result.skipped);
    }

    /** Live workloads as they are now; of the manifests those that are not there (yet). */
    private static List<Template> templates(Snapshot snapshot) {
        var templates = new ArrayList<Template>();
        for (var kind : Kinds.TEMPLATED) {
            var absent = snapshot.applied().stream().map(Applied::object)
                .filter(o -> o.kind().equals(kind) && snapshot.find(kind, o.name()).isEmpty());
            Stream.concat(snapshot.all(kind).stream().filter(w -> !Ownership.ownedByBuiltIn(w) && Family.runs(w)), absent)
                .forEach(w -> templates.add(new Template(w, w.at("/spec/template/spec"))));
        }
        snapshot.all("Pod").stream().filter(p -> p.controller().isMissingNode() && !Pods.ended(p))
            .forEach(p -> templates.add(new Template(p, p.at("/spec"))));
        templates.removeIf(t -> !snapshot.own(t.owner()));
        return templates;
    }

    private static Set<String> classes(Snapshot snapshot) {
        var classes = new TreeSet<String>();
        snapshot.all("PersistentVolumeClaim").stream().filter(c -> !c.text("/status/phase").equals("Bound"))
            .forEach(c -> classes.add(c.text("/spec/storageClassName")));
        snapshot.applied().stream().map(Applied::object).filter(o -> o.kind().equals("StatefulSet"))
            .flatMap(o -> o.list("/spec/volumeClaimTemplates").stream())
            .forEach(c -> classes.add(c.at("/spec/storageClassName").asString("")));
        return classes;
    }

    /** A pod spec and whose it is. */
    private record Template(Obj owner, JsonNode spec) { }
}
