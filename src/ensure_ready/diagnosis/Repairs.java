package ensure_ready.diagnosis;

import ensure_ready.catalogue.Also;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Rule;
import ensure_ready.findings.Finding;
import ensure_ready.model.Applied;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Source;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import shared.Json;
import shared.Kubectl;

/** How a cause is mended: in which file, with what besides, and which commands show more. Pure. */
public record Repairs(Snapshot snapshot) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern REF = Pattern.compile("[a-z]{1,40}[a-z0-9.-]{0,100}/" + NAME.pattern());

    /** The manifest to change: the object's own where there is one, else that of whoever refers to it. */
    Fix fix(Finding f, List<Fact> facts, List<String> candidates) {
        var files = Stream.of(f.object(), f.owner()).filter(o -> !o.is("Command"))
            .flatMap(o -> source(o).stream().map(s -> new FileRef(s.file(), line(s, o, facts)))).distinct();
        var change = f.code().has(Rule.LOGGED) ? null : facts.stream().findFirst().map(at -> at.at() + " is " + at.value()
            + (candidates.isEmpty() ? "" : "; found: " + candidates.get(0))).orElse(null);
        return new Fix(f.code().scope, f.code().action, f.code().text, change, files.toList(), also(f).stream().toList());
    }

    /** That of the field at fault, where the first fact about the object tells it. */
    private static int line(Source source, Ref o, List<Fact> facts) {
        var at = Kubectl.ref(o.kind(), o.name()) + " ";
        return facts.stream().filter(f -> f.at().startsWith(at)).findFirst().map(f -> source.line(f.at().substring(at.length())))
            .orElse(source.line());
    }

    private Optional<Source> source(Ref o) {
        var own = snapshot.applied(o.kind(), o.name()).map(Applied::source);
        if (own.isEmpty() && o.is("PersistentVolumeClaim")) {
            return snapshot.applied().stream()
                .filter(a -> a.object().kind().equals("StatefulSet") && a.object().list("/spec/volumeClaimTemplates").stream()
                    .anyMatch(t -> o.name().startsWith(t.at("/metadata/name").asString("") + "-" + a.object().name() + "-")))
                .map(Applied::source).findFirst();
        }
        return own.isPresent() || !o.is("Job") ? own : snapshot.find("Job", o.name()).map(Obj::controller)
            .flatMap(c -> snapshot.applied("CronJob", Json.text(c, "name"))).map(Applied::source);
    }

    private Optional<Also> also(Finding f) {
        var code = f.code();
        var set = f.owner().is("StatefulSet");
        if (code.has(Also.DELETE_POD)) {
            return Optional.of(Also.DELETE_POD).filter(a -> set);
        }
        if (code.has(Also.ROLLOUT_RESTART)) {
            return Optional.of(Also.ROLLOUT_RESTART).filter(a -> f.param("setting").startsWith("configmap"));
        }
        var stays = snapshot.find(f.owner().kind(), f.owner().name()).isPresent(); // one that is not there can be made as it is written
        return code.has(Also.NEW_JOB_NAME) || f.owner().is("Job") && stays && code.role == Code.Role.CAUSE ? Optional.of(Also.NEW_JOB_NAME)
            : Optional.of(Also.DELETE_POD).filter(a -> set && code.scope == Code.Scope.repo && !f.pod().isEmpty());
    }

    /** Commands of the catalogue with names that the API itself would accept; anything else is left out. */
    List<String> next(Finding f) {
        var values = Map.of("{ns}", checked(snapshot.namespace(), NAME), "{object}",
            checked(ref(f, f.object()), REF), "{owner}", checked(ref(f, f.owner()), REF),
            "{pod}", checked(f.pod(), NAME), "{container}", checked(container(f), NAME));
        var commands = new LinkedHashSet<String>();
        for (var look : f.code().next) {
            var command = restarted(f) ? look.template : look.template.replace(" --previous", "");
            var name = checked(named(look.template, f), NAME);
            command = command.contains("{name}") && name.isEmpty() ? "" : command.replace("{name}", name);
            for (var v : values.entrySet()) {
                command = command.contains(v.getKey()) && v.getValue().isEmpty() ? "" : command.replace(v.getKey(), v.getValue());
            }
            commands.add(command);
        }
        commands.remove("");
        return List.copyOf(commands);
    }

    /** Of the object, or of the owner: the one whose kind the command names. */
    private static String named(String command, Finding f) {
        var kind = command.replaceFirst(".* (\\S+) \\{name}.*", "$1");
        return Stream.of(f.object(), f.owner()).filter(o -> o.kind().equalsIgnoreCase(kind) || Kubectl.ref(o.kind(), "").equals(kind + "/"))
            .map(Ref::name).findFirst().orElse("");
    }

    /** Whether there is the log of an earlier run. */
    private boolean restarted(Finding f) {
        return snapshot.find("Pod", f.pod()).stream().flatMap(p -> Pods.containers(p).stream())
            .filter(c -> Json.text(c, "name").equals(container(f))).allMatch(c -> c.path("restartCount").asLong(0) > 0);
    }

    /** A custom resource may be called like a kind of Kubernetes' own: then the group tells them apart. */
    private String ref(Finding f, Ref o) {
        return f.code().family != Code.Family.CUSTOM ? Kubectl.ref(o.kind(), o.name()) : snapshot.custom()
            .filter(c -> Ref.of(c).equals(o)).findFirst().map(c -> o.kind().toLowerCase(Locale.ROOT) + "." + c.group() + "/" + o.name())
            .orElse(Kubectl.ref(o.kind(), o.name()));
    }

    private static String checked(String text, Pattern pattern) {
        return pattern.matcher(text).matches() ? text : "";
    }

    /** The finding's container, or the only one of its pod. */
    String container(Finding f) {
        var containers = snapshot.find("Pod", f.pod()).map(p -> p.list("/spec/containers")).orElse(List.of());
        return f.container().isEmpty() && containers.size() == 1 ? containers.get(0).path("name").asString("") : f.container();
    }
}
