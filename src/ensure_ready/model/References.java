package ensure_ready.model;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** What a pod template refers to by name. */
public final class References {
    /** One reference; {@code key} empty when the whole object is meant, {@code pull} for a pull secret. */
    public record Ref(String kind, String name, String key, boolean optional, boolean pull) { }

    public static List<Ref> of(JsonNode spec) {
        var refs = new LinkedHashSet<Ref>();
        spec.path("volumes").forEach(v -> refs.addAll(ofVolume(v)));
        Pods.specs(spec).forEach(c -> {
            c.path("env").forEach(e -> {
                ref(refs, "Secret", e.at("/valueFrom/secretKeyRef"), "name");
                ref(refs, "ConfigMap", e.at("/valueFrom/configMapKeyRef"), "name");
            });
            c.path("envFrom").forEach(e -> {
                ref(refs, "Secret", e.path("secretRef"), "name");
                ref(refs, "ConfigMap", e.path("configMapRef"), "name");
            });
        });
        spec.path("imagePullSecrets").forEach(p -> refs.add(new Ref("Secret", Json.text(p, "name"), "", false, true)));
        return List.copyOf(refs);
    }

    /** The names of its claims. */
    public static Stream<String> claims(JsonNode spec) {
        return of(spec).stream().filter(r -> r.kind().equals("PersistentVolumeClaim")).map(Ref::name);
    }

    /** The ServiceAccount, under the field's old name too. */
    public static String account(JsonNode spec) {
        return spec.path("serviceAccountName").asString(spec.path("serviceAccount").asString("default"));
    }

    public static List<Ref> ofVolume(JsonNode volume) {
        var refs = new LinkedHashSet<Ref>();
        ref(refs, "Secret", volume.path("secret"), "secretName");
        ref(refs, "ConfigMap", volume.path("configMap"), "name");
        ref(refs, "PersistentVolumeClaim", volume.path("persistentVolumeClaim"), "claimName");
        for (var source : volume.at("/projected/sources")) {
            ref(refs, "Secret", source.path("secret"), "name");
            ref(refs, "ConfigMap", source.path("configMap"), "name");
        }
        return List.copyOf(refs);
    }

    private static void ref(Set<Ref> refs, String kind, JsonNode at, String nameKey) {
        var name = at.path(nameKey).asString("");
        if (!name.isEmpty() && !name.equals("kube-root-ca.crt")) { // that one every namespace gets a moment after it was made
            refs.add(new Ref(kind, name, Json.text(at, "key"), at.path("optional").asBoolean(false), false));
        }
    }
}
