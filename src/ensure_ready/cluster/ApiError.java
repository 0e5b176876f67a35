package ensure_ready.cluster;

import ensure_ready.model.Outcome;
import shared.Json;
import shared.Texts;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** An answer that is not success, or none: {@code code} is the HTTP status, 0 when the server did not answer. */
public final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final int code;
    public final String reason;
    public final String tried;
    final transient JsonNode status;

    public ApiError(int code, String reason, String message, String tried) {
        this(code, reason, message, tried, MissingNode.getInstance(), null);
    }

    public ApiError(int code, String reason, String message, String tried, JsonNode status, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.reason = reason;
        this.tried = tried;
        this.status = status;
    }

    static ApiError of(int code, String body, String tried) {
        try {
            var status = Json.MAPPER.readTree(body);
            return new ApiError(code, Json.text(status, "reason"), brief(told(status.path("message").asString(body))),
                tried, status, null);
        } catch (JacksonException e) {
            return new ApiError(code, "", told(body), tried);
        }
    }

    private static String told(String text) {
        return text.isBlank() ? "an empty answer" : text.strip();
    }

    static ApiError unreachable(String tried, Throwable cause) {
        var why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new ApiError(0, "Unreachable", why.lines().findFirst().orElse(why), tried, MissingNode.getInstance(), cause);
    }

    public boolean forbidden() {
        return code == 401 || code == 403;
    }

    /** The server has the objects, but the webhook that turns them into this version does not answer. */
    boolean unconverted() {
        return code == 500 && String.valueOf(getMessage()).contains("conversion webhook");
    }

    public Outcome outcome() {
        return code == 0 ? Outcome.no_cluster : forbidden() ? Outcome.forbidden : Outcome.failed;
    }

    /** {@code POST /api/v1/namespaces: forbidden: …}: what was tried, and what the server said. */
    public String sentence() {
        return tried + ": " + (forbidden() ? "forbidden: " : code == 0 ? "no answer: " : code + ": ") + Texts.line(getMessage());
    }

    /** The server's words without the value it refused: that is a page of JSON for a pod template, with every variable's value in it. */
    static String brief(String message) {
        int value = message.indexOf("Invalid value: ");
        int why = message.lastIndexOf(": ");
        return value < 0 || why < value + 100 ? message : message.substring(0, value) + "Invalid value: …" + message.substring(why);
    }

    /** The field paths that the server names, as {@code " (spec.selector)"}, or nothing. */
    public String fields() {
        return status.at("/details/causes").valueStream().map(c -> Json.text(c, "field")).filter(f -> !f.isEmpty()).distinct()
            .reduce((a, b) -> a + ", " + b).map(all -> " (" + all + ")").orElse("");
    }

    public ApiError with(String advice) {
        return new ApiError(code, reason, advice + ": " + getMessage(), tried, status, this);
    }
}
