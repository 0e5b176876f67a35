package ensure_ready.model;

/** An event as both event APIs tell it, with the best time that it has. */
public record Event(String uid, String kind, String name, String type, String reason,
    String message, String field, long count, String first, String last) {
    public static Event of(Obj e) {
        var about = e.has("/involvedObject") ? "/involvedObject" : "/regarding";
        var created = e.created();
        var time = first(e, created, "/eventTime", "/firstTimestamp", "/deprecatedFirstTimestamp");
        return new Event(e.text(about + "/uid"), e.text(about + "/kind"), e.text(about + "/name"), e.text("/type"), e.text("/reason"),
            first(e, "", "/message", "/note"), e.text(about + "/fieldPath"),
                Math.max(1, Math.max(e.number("/series/count", 0), Math.max(e.number("/count", 0), e.number("/deprecatedCount", 0)))),
            first(e, time, "/firstTimestamp", "/deprecatedFirstTimestamp"), first(e, time, "/series/lastObservedTime", "/lastTimestamp",
                "/deprecatedLastTimestamp"));
    }

    private static String first(Obj e, String otherwise, String... pointers) {
        for (var pointer : pointers) {
            if (e.has(pointer) && !e.text(pointer).isEmpty()) {
                return e.text(pointer);
            }
        }
        return otherwise;
    }

    /** Names are used again by the next object; a uid is not. */
    public boolean about(Obj object) {
        return uid.isEmpty() || object.uid().isEmpty() ? kind.equals(object.kind())
            && name.equals(object.name()) : uid.equals(object.uid());
    }

    public boolean aboutContainer(String container) {
        return field.isEmpty() || field.endsWith("{" + container + "}");
    }

    public Evidence evidence(Obj object) {
        return new Evidence("event", object.ref(), reason, message, count, first, last);
    }
}
