package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** A message about an object that is missing or lacks a key; the finding stands at that object. Pure. */
public final class MissingObject {
    static Finding finding(Observed seen, Obj pod, Code code, Evidence evidence) {
        var owner = seen.owner(pod);
        var message = evidence.message();
        var since = Obj.instant(evidence.firstSeen());
        var name = Phrase.MISSING.in(message);
        var kind = kind(code);
        if (seen.snapshot.find(kind, name).filter(o -> seen.age(o) < Code.STILL_PROGRESSING.young
            || !evidence.lastSeen().isEmpty() && o.created().compareTo(evidence.lastSeen()) > 0).isPresent()) {
            return seen.finding(Code.STILL_PROGRESSING, owner, owner, since, List.of(evidence)).in(pod.name(), ""); // it came since
        }
        var at = code == Code.CONFIG_KEY_MISSING ? holder(pod, message).orElse(owner) : kind.isEmpty() || name.isEmpty() ? owner
            : new Ref(kind, name);
        var found = seen.finding(code, at, owner, since, List.of(evidence)).in(pod.name(), "");
        return code == Code.CONFIG_KEY_MISSING ? found.with(Map.of("key", key(message))) : found;
    }

    /** A key below subPath that its ConfigMap or Secret does not have. */
    record Key(Ref object, String key) { }

    static Optional<Key> belowSubPath(Observed seen, Obj pod, JsonNode mount) {
        var key = Json.text(mount, "subPath").replaceFirst("/.*", "");
        return pod.list("/spec/volumes").stream().filter(v -> v.path("name").equals(mount.path("name")))
            .flatMap(v -> References.ofVolume(v).stream().filter(r -> !v.toString().contains("\"items\"")))
            .flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream())
            .filter(o -> !o.keys().isEmpty() && !o.keys().contains(key)).findFirst().map(o -> new Key(Ref.of(o), key));
    }

    /** Keys that volumes of the pod take from a ConfigMap or Secret which is there and does not have them. */
    static Stream<Key> ofItems(Observed seen, Obj pod) {
        return pod.list("/spec/volumes").stream()
            .flatMap(v -> Stream.concat(Stream.of(v), v.at("/projected/sources").valueStream()))
            .flatMap(v -> Stream.of("configMap", "secret").map(v::path).filter(s -> !s.path("optional").asBoolean(false))
                .flatMap(s -> seen.snapshot
                .find(v.has("secret") ? "Secret" : "ConfigMap", s.path("secretName").asString(Json.text(s, "name")))
                    .stream().flatMap(o -> s.path("items").valueStream().map(i -> Json.text(i, "key"))
                        .filter(k -> !o.keys().isEmpty() && !o.keys().contains(k)).map(k -> new Key(Ref.of(o), k)))));
    }

    private static String kind(Code code) {
        return switch (code) {
            case SECRET_MISSING -> "Secret";
            case CONFIGMAP_MISSING -> "ConfigMap";
            case PVC_MISSING -> "PersistentVolumeClaim";
            case SERVICE_ACCOUNT_MISSING -> "ServiceAccount";
            default -> "";
        };
    }

    private static String key(String message) {
        var key = Phrase.KEY.in(message);
        return key.isEmpty() ? Phrase.VOLUME_KEY.in(message) : key;
    }

    /** The object without the key, by the message or by the volume that it speaks of. */
    private static Optional<Ref> holder(Obj pod, String message) {
        var kind = Phrase.KEY.in(message, 2);
        if (!kind.isEmpty()) {
            return Optional.of(new Ref(kind.equalsIgnoreCase("secret") ? "Secret" : "ConfigMap", Phrase.KEY.in(message, 3)));
        }
        var volume = Phrase.VOLUME.in(message);
        return pod.list("/spec/volumes").stream().filter(v -> Json.text(v, "name").equals(volume))
            .flatMap(v -> References.ofVolume(v).stream()).filter(r -> !r.kind().equals("PersistentVolumeClaim"))
            .findFirst().map(r -> new Ref(r.kind(), r.name()));
    }
}
