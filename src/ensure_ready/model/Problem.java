package ensure_ready.model;

import ensure_ready.catalogue.Code;
import shared.Json;

/** What is broken before anything reaches the cluster: a piece of the manifests, or a command; {@code detail} has its last lines. */
public record Problem(Source source, String message, Code code, String detail) {
    public Problem(Source source, String message) {
        this(source, message, Code.MANIFEST_UNREADABLE, "");
    }

    /** As the diagnosis takes it: like an object that could not be applied, but of no API. */
    public Applied asApplied() {
        var object = Json.MAPPER.createObjectNode().put("kind", code == Code.MANIFEST_UNREADABLE ? "Manifest" : "Command");
        object.putObject("metadata").put("name", source.file());
        return new Applied(new Obj(object), source, Result.failed, 0, "", code.name(), detail.isEmpty() ? message : detail);
    }
}
